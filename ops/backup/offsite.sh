#!/bin/sh
# Off site: log files with history, the keys file without. Where to comes from the environment; with none of it nothing is done.
set -eu
if [ -z "${RESTIC_REPOSITORY:-}${RESTIC_PASSWORD_FILE:-}${KEYS_TARGET:-}" ]; then
  echo 'nothing goes off site: RESTIC_REPOSITORY, RESTIC_PASSWORD_FILE and KEYS_TARGET are not set' >&2
  exit 0
fi
: "${RESTIC_REPOSITORY:?}" "${RESTIC_PASSWORD_FILE:?}" "${KEYS_TARGET:?user@host:/folder of the keys file}"

restic backup --quiet --tag xiaoneng-log --exclude '*.part' /srv/backup/log
restic forget --quiet --tag xiaoneng-log --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --prune

# In place of the one before: a folder with history would bring back who was erased. No snapshots on that machine either.
rsync --quiet --times --chmod=F600 --delay-updates /mnt/keys/xiaoneng-keys.tar.zst "$KEYS_TARGET/"
