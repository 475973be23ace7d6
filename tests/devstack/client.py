"""client.py SOCKET ARGUMENT...: have who listens there run a program with these arguments."""

import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    with connection.makefile('rw') as stream:
        print(json.dumps(sys.argv[2:]), file=stream, flush=True)
        code, output, errors = json.loads(stream.readline())
sys.stdout.write(output)
sys.stderr.write(errors)
sys.exit(code)
