"""The loopback server against the official Python client: append, read, subscribe, wrong revision, repeat, delete, tombstone."""
import sys, uuid
from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import NotFoundError, StreamIsDeletedError, WrongCurrentVersionError

client = KurrentDBClient(sys.argv[1])
s = f"py-{uuid.uuid4().hex[:8]}"
e = [NewEvent(type="T", data=f"{{\"n\":{n}}}".encode(), metadata=b"{}", id=uuid.uuid4()) for n in range(3)]
before = client.get_commit_position()
print("append no stream", client.append_to_stream(s, current_version=StreamState.NO_STREAM, events=e[:2]) > before)
print("append exact", client.append_to_stream(s, current_version=1, events=e[2:]) > before)
print("repeat", client.append_to_stream(s, current_version=1, events=e[2:]) > before, client.get_current_version(s))
for wrong in (StreamState.NO_STREAM, 7):
    try:
        client.append_to_stream(s, current_version=wrong, events=[NewEvent(type="T", data=b"{}")]); print("NOT REFUSED")
    except WrongCurrentVersionError as error: print("wrong revision", wrong, "->", type(error).__name__)
print("read", [(r.stream_position, r.type, r.data, r.id == x.id) for r, x in zip(client.get_stream(s), e)])
print("read backwards 1", [r.stream_position for r in client.get_stream(s, backwards=True, limit=1)])
try: client.get_stream("py-none"); print("FOUND?")
except NotFoundError: print("missing stream", "NotFoundError")
with client.subscribe_to_all(commit_position=before, filter_include=[f"{s}"], filter_by_stream_name=True, timeout=3) as sub:
    got = []
    for r in sub:
        got.append(r.stream_position)
        if len(got) == 3: break
print("subscribe $all filtered", got)
with client.subscribe_to_all(commit_position=before, include_caught_up=True, include_checkpoints=True, timeout=3) as sub:
    kinds = []
    for r in sub:
        kinds.append(type(r).__name__)
        if "CaughtUp" in kinds: break
print("caught up", kinds[-1])
with client.subscribe_to_stream(s, timeout=3) as sub:
    print("subscribe stream", [next(sub).stream_position for _ in range(3)])
print("batch", client.append_events(f"{s}-b", current_version=StreamState.NO_STREAM, events=e) > before if hasattr(client, "append_events") else "n/a")
client.set_stream_metadata(s, metadata={"$tb": 2}, current_version=StreamState.ANY)
print("cut", [r.stream_position for r in client.get_stream(s)])
client.delete_stream(s, current_version=2)
try: client.get_stream(s); print("STILL THERE")
except NotFoundError: print("deleted", "NotFoundError")
client.tombstone_stream(f"{s}-b", current_version=StreamState.ANY)
try: client.get_stream(f"{s}-b"); print("STILL THERE")
except StreamIsDeletedError: print("tombstone", "StreamIsDeletedError")
client.close()
