#!/usr/bin/env python3
"""Checks a citizen's signed receipt, offline: verify_receipt.py receipt.txt [public key: name+id+base64 or 64 hex digits].

Needs Python 3.8 and nothing else. Written from RFC 8032 (Ed25519), RFC 9162 (Merkle tree), c2sp.org/signed-note and
c2sp.org/tlog-proof, not from the platform's own code. Exit status: 0 good, 1 not good, 2 wrong call."""
import base64, hashlib, sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, I = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)


def point(raw):  # RFC 8032, 5.1.3
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if x * x % P == xx else x * I % P
    if y >= P or x * x % P != xx:
        raise ValueError("公钥或签名不是曲线上的点")
    return (P - x if x & 1 != raw[31] >> 7 else x), y


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P


def times(n, p):
    q = (0, 1)
    while n:
        q, p, n = (add(q, p) if n & 1 else q), add(p, p), n >> 1
    return q


def signed(public, message, signature):
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return len(signature) == 64 and s < L and times(s, base) == add(point(signature[:32]), times(k, point(public)))


def key_of(text, name):  # -> name, id, public key
    public = bytes.fromhex(text) if "+" not in text else base64.b64decode(text.split("+", 2)[2])[1:]
    name = text.split("+")[0] if "+" in text else name
    return name, hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4], public


def note(lines, keys):  # checks the signature of one of the keys, gives the text
    lines = "\n".join(lines).strip().split("\n")
    border = max(at for at, line in enumerate(lines) if not line)
    text, names = "\n".join(lines[:border]) + "\n", [line.split(" ") for line in lines[border + 1:]]
    for name, identity, public in keys:
        for _, signer, blob in names:
            raw = base64.b64decode(blob)
            if signer == name and raw[:4] == identity and signed(public, text.encode(), raw[4:]):
                return text.split("\n")
    raise ValueError("签名不对：正文被改动过，或不是这把公钥签的")


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaf, index, size, path):  # RFC 9162, 2.1.3.2
    last, found = size - 1, leaf
    for step in path:
        if index & 1 or index == last:
            found = node(step, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node(found, step)
        index, last = index >> 1, last >> 1
    return found if last == 0 else None


def main(path, trusted=None):
    lines = [line.rstrip() for line in open(path, encoding="utf-8-sig")]
    cut = lines.index("c2sp.org/tlog-proof@v1") if "c2sp.org/tlog-proof@v1" in lines else len(lines)
    named = dict(line.split(" ", 1) for line in lines[:cut] if " " in line)
    keys = [key_of(trusted or named["key"], named["origin"])]
    text = note(lines[:cut], keys)  # from here on only what is signed counts
    said = dict(line.split(" ", 1) for line in text if " " in line)
    if text[0] != "xiaoneng-receipt/v1" or keys[0][0] != said["origin"]:
        raise ValueError("不是这把公钥所属平台的回执")
    print("签名有效：工单 %s，%s 登记，是日志 %s 的第 %s 个事件" % (said["number"], said["recorded"], said["origin"], said["position"]))
    print("公钥 %s%s" % (keys[0][2].hex(), "" if trusted else "（取自回执本身，请与公布的公钥核对）"))
    if cut == len(lines):
        return print("还没有存证证明：%s 的日志头公布后请重新下载" % said["head"])
    end = lines.index("", cut)
    head = note(lines[end + 1:], keys + ([key_of(said["head-key"], "")] if "head-key" in said else []))
    index, size, path = int(dict([lines[cut + 1].split(" ")])["index"]), int(head[1]), [base64.b64decode(line) for line in lines[cut + 2:end]]
    right = head[0] == said["origin"] and index + 1 == int(said["position"]) <= size
    if not right or root_of(base64.b64decode(said["leaf"]), index, size, path) != base64.b64decode(head[2]):
        raise ValueError("证明不成立：这条登记不在公布的日志头里，或者被改动过")
    print("证明成立：这条登记包含在 %s 个事件的日志头里（%s），没有被改动" % (size, "，".join(line for line in head[3:] if line)))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    try:
        main(*sys.argv[1:])
    except (ValueError, KeyError, IndexError, TypeError, OSError) as fault:
        sys.exit(print("不通过：%s" % fault, file=sys.stderr) or 1)
