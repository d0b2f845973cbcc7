"""People out of a file: read it, choose its columns, look at every row and mend it, add them, see what became of them.

R5, R9. `reading` and `columns` are pure; `drafts` keeps what is to be confirmed; `running` adds the people, by the
doors of users/provisioning.py alone; `results` tells what became of them, and forgets it when its time has come.
"""
