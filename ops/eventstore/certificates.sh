#!/usr/bin/env bash
# Makes the certificates of a three-node cluster into ./certs: one authority, one certificate for each node.
# Usage: ./certificates.sh [HOST1 HOST2 HOST3]    (default: node1 node2 node3, the names in compose.yaml)
# The authority's key (certs/ca/ca.key) signs new nodes: keep it off the machines, like master.key.
set -euo pipefail
cd "$(dirname "$0")"
hosts=("$@")
[ ${#hosts[@]} -gt 0 ] || hosts=(node1 node2 node3)
umask 077
mkdir -p certs/ca
if [ ! -e certs/ca/ca.key ]; then
    openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 3650 -subj "/O=xiaoneng/CN=xiaoneng-esdb-ca" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout certs/ca/ca.key -out certs/ca/ca.crt 2>/dev/null
fi
for host in "${hosts[@]}"; do
    dir="certs/$host"
    [ -e "$dir/node.crt" ] && { echo "$dir is there already"; continue; }
    mkdir -p "$dir"
    # The server knows its fellows by this common name; both usages, because nodes are clients of one another.
    openssl req -newkey rsa:3072 -sha256 -nodes -subj "/CN=eventstoredb-node" -keyout "$dir/node.key" -out "$dir/node.csr" 2>/dev/null
    openssl x509 -req -in "$dir/node.csr" -CA certs/ca/ca.crt -CAkey certs/ca/ca.key -CAcreateserial -sha256 -days 825 -out "$dir/node.crt" \
        -extfile <(printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature,keyEncipherment\n' "$host") 2>/dev/null
    rm "$dir/node.csr"
    openssl verify -CAfile certs/ca/ca.crt "$dir/node.crt"
done
