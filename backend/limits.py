"""How much of this service one user, and all users together, can take at a time.

The figures are for one process, and hang together: change them here.
"""

#: Threads that run endpoints, and connections to the database. One figure for both: a thread holds
#: at most one connection, so that none ever waits for one (`db.py`). Python runs one thread at a
#: time, so that more of them wait for a slow disk and make nothing faster.
THREADS = 20
#: Requests of one user that run at the same time; the user's others wait for their turn. Two, so
#: that one that waits for the disk does not hold up all of them; with more, 200 requests of one
#: user end no sooner, and others wait longer meanwhile.
REQUESTS_PER_USER = 2
#: Requests of one user that may wait for their turn. One more is refused at once.
WAITING_PER_USER = 500
#: How long a request waits for its turn before it is refused with 503. Less than the time after
#: which the app's own server gives a call up, 8 seconds. Seconds.
PATIENCE = 5

#: Longest body of a request. The longest title, with each character escaped, takes 2.4 kB. Bytes.
BODY = 64 * 1024
#: Tasks of one user. Each list holds all of them, and a list of 10,000 takes a second to make.
TASKS_PER_USER = 1000

#: Live pages of one user. A browser window with a few tabs on each of several devices.
SOCKETS_PER_USER = 20
#: Live pages of all users. Each is an open file, and many systems allow a process 1,024.
SOCKETS = 500
#: So many changed tasks may wait for one socket. One that is further behind does not read.
CHANGES_PER_SOCKET = 256
