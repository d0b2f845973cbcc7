"""The door of directories: SCIM 2.0 at /scim/v2/ (RFC 7643, RFC 7644). It translates and never decides.

`scim2_server` speaks the protocol; `storage` brings each operation to users/directory/sync.py, in a transaction of its
own. What is served and announced stands in `schemas`; docs/scim.md tells it to whoever connects a directory.
"""
