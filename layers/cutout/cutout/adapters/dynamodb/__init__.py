"""The one table: keys `pk` and `sk`, index `gsi1` on `gsi1pk` and `gsi1sk` (all attributes), TTL on `expires_at`.

| item    | pk                      | sk                  | gsi1pk                | gsi1sk        |
|---------|-------------------------|---------------------|-----------------------|---------------|
| account | ACCOUNT#id              | ACCOUNT             | ACCOUNTS              | id            |
| purse   | ACCOUNT#id              | PURSE#name          |                       |               |
| top-up  | ACCOUNT#id              | TOPUP#reference     |                       |               |
| API key | KEY#sha256(key)         | KEY                 | KEYS#account          | time#hash     |
| task    | TASK#account#taskUUID   | TASK                |                       |               |
| charge  | CHARGE#account#taskUUID | CHARGE              | LEDGER#account#month  | time#taskUUID |
| usage   | USAGE#account           | DAY#date#shard      |                       |               |
| image   | IMAGE#uuid              | IMAGE               | EXPIRY, if it has one | time#uuid     |
| secret  | ACCOUNT#id              | WEBHOOK_SECRET      |                       |               |
| socket  | CONN#id                 | CONN                |                       |               |
| session | SESSION#uuid            | SESSION             |                       |               |

Finished tasks, images, sockets and sessions expire. A task at work never does: with it would vanish who holds its reservation.
"""
