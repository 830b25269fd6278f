#!/bin/sh
# As in AWS's image: on Lambda the runtime client alone; elsewhere inside the emulator, which listens on port 8080.
if [ -z "${AWS_LAMBDA_RUNTIME_API}" ]; then
  exec /usr/local/bin/aws-lambda-rie /usr/bin/python -m awslambdaric "$@"
else
  exec /usr/bin/python -m awslambdaric "$@"
fi
