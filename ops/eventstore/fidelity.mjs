// The loopback server against the official Node client.
import kurrent from "@kurrent/kurrentdb-client";
const { KurrentDBClient, jsonEvent, binaryEvent, NO_STREAM, WrongExpectedVersionError, StreamNotFoundError, StreamDeletedError, streamNameFilter, START, FORWARDS, BACKWARDS, END } = kurrent;
const client = KurrentDBClient.connectionString(process.argv[2].replace("esdb:", "kurrentdb:"));
const s = "node-" + Math.random().toString(16).slice(2, 10);
const events = [0, 1, 2].map(n => jsonEvent({ type: "T", data: { n } }));
const first = await client.appendToStream(s, events.slice(0, 2), { streamState: NO_STREAM });
console.log("append no stream", first.success, first.nextExpectedRevision);
const second = await client.appendToStream(s, events[2], { streamState: 1n });
console.log("append exact", second.success, second.nextExpectedRevision);
const again = await client.appendToStream(s, events[2], { streamState: 1n });
console.log("repeat", again.success, again.nextExpectedRevision);
try { await client.appendToStream(s, jsonEvent({ type: "T", data: {} }), { streamState: NO_STREAM }); console.log("NOT REFUSED"); }
catch (e) { console.log("wrong revision ->", e instanceof WrongExpectedVersionError, e.actualState ?? e.actualVersion); }
const read = []; for await (const r of client.readStream(s)) read.push([r.event.revision, r.event.type, r.event.data, r.event.id === events[Number(r.event.revision)].id]);
console.log("read", read);
const last = []; for await (const r of client.readStream(s, { direction: BACKWARDS, fromRevision: END, maxCount: 1 })) last.push(r.event.revision);
console.log("read backwards 1", last);
try { for await (const r of client.readStream("node-none")) console.log("FOUND?"); } catch (e) { console.log("missing stream", e instanceof StreamNotFoundError); }
const seen = []; const sub = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: [s] }) });
await new Promise(done => { sub.on("data", r => { seen.push(r.event.revision); if (seen.length === 3) done(); }); setTimeout(done, 3000); });
await sub.unsubscribe(); console.log("subscribe $all filtered", seen);
let caught = false; const sub2 = client.subscribeToStream(s, { fromRevision: START });
await new Promise(done => { sub2.on("caughtUp", () => { caught = true; done(); }); setTimeout(done, 3000); });
await sub2.unsubscribe(); console.log("caught up", caught);
const all = []; for await (const r of client.readAll({ direction: FORWARDS, fromPosition: START, maxCount: 1000 })) if (r.event?.streamId === s) all.push(r.event.revision);
console.log("read $all", all);
await client.deleteStream(s); try { for await (const r of client.readStream(s)) console.log("STILL THERE"); } catch (e) { console.log("deleted", e instanceof StreamNotFoundError); }
await client.appendToStream(s + "-b", events[0]); await client.tombstoneStream(s + "-b");
try { for await (const r of client.readStream(s + "-b")) console.log("STILL THERE"); } catch (e) { console.log("tombstone", e instanceof StreamDeletedError); }
await client.dispose();
