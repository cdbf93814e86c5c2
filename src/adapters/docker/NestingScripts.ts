/**
 * What starts a nested engine and tells whether it did, in POSIX shell. Its log is beside its images: in no checkpoint, and not in the
 * memory that `/run/nexus` is.
 */

/** GID: of those who may use it. In a container, control groups are mounted for reading; it needs its own part of them. */
const engine = `#!/bin/sh
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
groups=/sys/fs/cgroup
for place in $groups $groups/*; do mount -o remount,bind,rw "$place" 2>/dev/null; done
# Version 2: what has groups below it may have no processes itself.
if [ -f $groups/cgroup.controllers ]; then
  mkdir -p $groups/init
  while read -r p; do echo "$p" > $groups/init/cgroup.procs; done < $groups/cgroup.procs 2>/dev/null
  sed -e 's/ / +/g' -e 's/^/+/' < $groups/cgroup.controllers > $groups/cgroup.subtree_control 2>/dev/null
fi
# Of one that was killed: its number may be another program's by now.
rm -f /var/run/docker.pid /run/docker.pid /run/docker/containerd/containerd.pid
: > /var/lib/docker/nexus.log
: > /run/nexus/engine-began
dockerd --group "$1" > /var/lib/docker/nexus.log 2>&1 < /dev/null
echo $? > /run/nexus/engine-ended
`

/** Waits until it takes commands, for at most half a minute; prints why it does not. */
const ready = `#!/bin/sh
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v dockerd > /dev/null || exit 0
log=/var/lib/docker/nexus.log
try=0
while [ $try -lt 300 ]; do
  if [ -f /run/nexus/engine-ended ]; then
    echo "dockerd ended with $(cat /run/nexus/engine-ended): $(tail -n 5 $log)"
    exit 1
  fi
  if [ -f /run/nexus/engine-began ] && grep -qs 'API listen on' $log; then exit 0; fi
  try=$((try + 1))
  sleep 0.1
done
echo "dockerd did not answer within 30 s: $(tail -n 5 $log)"
exit 1
`

export const nestingScripts = { engine, "engine-ready": ready }
