"""`make run`: the product on this machine, out of template.yaml.

template   template.yaml through AWS's own SAM translator
stack      its bucket and table in the embedded AWS, by the embedded CloudFormation; every `!Ref` of the functions resolved
aws        the embedded AWS (MiniStack), a process of its own
function   a Lambda function: workers that run AWS's own runtime client, against a Runtime API of ours
payload    HTTP request -> payload 2.0 event, function's result -> HTTP response
http_api   the HTTP API: routes, limits and error answers of API Gateway
websocket  the WebSocket API: its connections, limits and events, and the management API that functions answer by
server     both of them on one port
queues     SQS -> function, with partial batch failures
schedules  EventBridge's rates -> function
drop       a file into the drop box, and back as a cutout
demo       an account with a key, and a curl command to try it
children   the processes started here; none is left behind, however this one ends
"""
