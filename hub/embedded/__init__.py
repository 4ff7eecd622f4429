"""The PostgreSQL and the Valkey the hub brings along, for those who point it at no other.

In: the data folder. Out: running servers on unix sockets in a private folder. Never a network port.
"""
