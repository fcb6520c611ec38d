"""Limits for one user, and for all users together.

Each limit is for one process, except those that say otherwise: with four workers, a user can have
four times as many sockets. The values depend on each other, so all of them are in this file.
"""

#: Number of threads that run endpoints, and largest number of database connections. It is one
#: number for both: a thread holds at most one connection, so no thread ever waits for one
#: (`db.py`). Connections are opened when they are needed, so an idle process has few. Python runs
#: one thread at a time, so more threads would only wait for the database.
#: Postgres accepts 100 connections by default. A process needs at most 10, and one more to receive
#: changes, so 8 processes fit. For more, raise `max_connections`, or use a pooler such as PgBouncer
#: or Neon's. A serverless instance with one request at a time has one connection.
THREADS = 10
#: Requests of one user that run at the same time. The user's other requests wait for a slot.
#: Two, so that one request that waits for the disk does not block the rest. A higher number does
#: not make 200 requests of one user faster, and makes other users wait longer.
REQUESTS_PER_USER = 2
#: Requests of one user that may wait for a slot. The next one is refused at once.
WAITING_PER_USER = 500
#: How long a request waits for a slot before it is refused with 503. This is less than the 8
#: seconds after which a page of the app stops waiting (`app/(signed-in)/load-tasks.ts`). Seconds.
MAX_WAIT_SECONDS = 5

#: Longest body of a request. The longest title, with each character escaped, takes 2.4 kB. Bytes.
MAX_BODY_BYTES = 64 * 1024
#: Tasks of one user, whichever process adds them. Each page counts all of them.
TASKS_PER_USER = 1000
#: Tasks in the first page of a socket, and in each page if the request names no other number.
PAGE = 50
#: Most tasks in one page.
MAX_PAGE = 200

#: Open sockets of one user: enough for several devices with a few tabs each.
SOCKETS_PER_USER = 20
#: Open sockets of all users. Each is an open file, and many systems allow a process 1,024 files.
MAX_SOCKETS = 500
#: Messages that may wait for one socket. If there are more, the page has stopped reading.
UNSENT_PER_SOCKET = 256
