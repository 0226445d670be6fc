"""The org's HTTP side, one module a noun: log-in, rows, queries, collections …"""
