"""Owns scheduled dumps: what was answered, put in a folder, on an SFTP server or into
S3-compatible storage at set times, as files with a manifest.

`timing` says when, `places` where to, `parts` writes one file, `running` goes through
a run and goes on where a broken one stopped, `keeping` is what people and systems do.
"""
