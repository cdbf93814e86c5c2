/**
 * The programs of ours that are in every container, in POSIX shell, since an image may have nothing else. They are in `/.nexus`,
 * which is root's and in no checkpoint; what is secret is in `/run/nexus`, which is in memory.
 */

/** The child of the container's init: it keeps the SSH server running, and ends everything politely when told to. */
const start = `#!/bin/sh
others() {
  for p in /proc/[0-9]*; do
    p=\${p#/proc/}
    [ "$p" = 1 ] || [ "$p" = $$ ] || [ "$p" = "$reader" ] || return 0
  done
  return 1
}
end() {
  trap '' TERM INT
  kill -TERM -1 2>/dev/null
  while others; do sleep 0.05; done
  exit 0
}
trap end TERM INT
mkdir -p /run/sshd && chmod 755 /run/sshd
# What a checkpoint has instead of the image's: once, before anything else runs.
if [ -f /.nexus/removed ]; then
  xargs -0 rm -rf -- < /.nexus/removed
  rm -f /.nexus/removed
fi
# Output of programs that nobody waits for. Opened both ways, it never sees an end; and it outlives them, since a program that
# prints while it ends would otherwise be killed by its own output.
mkfifo -m 622 /run/nexus/log
(trap '' TERM; exec cat <> /run/nexus/log) &
reader=$!
if [ -f /.nexus/engine ]; then sh /.nexus/engine "$(cat /.nexus/group)" & fi
sshd=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd)
while :; do
  if [ -n "$sshd" ]; then "$sshd" -D -e -f /.nexus/sshd_config & else sleep 86400 & fi
  wait $!
  sleep 1 & wait $!
done
`

/** What `setup` ends with when the image has no such account. */
export const noAccount = 3

/**
 * UID GID ACCOUNT VOLUME…, the environment on stdin: what must be as the host has it. May be repeated. An account, which may be empty,
 * gets the number of the worktree's owner, and its home with it: so files of the worktree stay theirs.
 */
const setup = `#!/bin/sh
set -eu
uid=$1 gid=$2 account=$3
shift 3
umask 077
cat > /run/nexus/env.new
chown "$uid:$gid" /run/nexus/env.new
mv -f /run/nexus/env.new /run/nexus/env
umask 022
home= shell= known= number=
if [ "$uid" = 0 ]; then home=/root; fi
while IFS=: read -r name _ id _ _ itsHome itsShell; do
  if [ "$name" = nexus ] && [ "$id" = "$uid" ]; then known=1; fi
  if [ -n "$account" ]; then
    if [ "$name" = "$account" ]; then number=$id home=$itsHome shell=$itsShell; fi
  elif [ "$id" = "$uid" ] && [ -z "$shell" ]; then home=$itsHome shell=$itsShell; fi
done < /etc/passwd
if [ -n "$account" ]; then
  if [ -z "$number" ]; then exit ${noAccount}; fi
  if [ "$number" != "$uid" ]; then
    sed -i "s/^\\($account:[^:]*\\):[0-9]*:[0-9]*:/\\1:$uid:$gid:/" /etc/passwd
    case $home in
      ''|/|/root) ;;
      *) find "$home" -xdev -exec chown -h "$uid:$gid" {} + 2>/dev/null || : ;;
    esac
  fi
  cat >> /run/nexus/env << END
if [ "\\$(id -u)" = "$uid" ]; then export HOME="$home" USER="$account" LOGNAME="$account"; fi
END
fi
if [ -z "$known" ]; then
  if [ -z "$home" ] || [ ! -d "$home" ]; then home=/home/nexus; fi
  case $shell in
    ''|*/nologin|*/false) if [ -x /bin/bash ]; then shell=/bin/bash; else shell=/bin/sh; fi ;;
  esac
  for file in passwd shadow; do
    if [ -f /etc/$file ] && grep -q '^nexus:' /etc/$file; then sed -i '/^nexus:/d' /etc/$file; fi
  done
  echo "nexus:x:$uid:$gid:Nexus workspace:$home:$shell" >> /etc/passwd
  if [ -f /etc/shadow ]; then echo 'nexus:*:19000:0:99999:7:::' >> /etc/shadow; fi
  if ! grep -q "^[^:]*:[^:]*:$gid:" /etc/group; then
    if grep -q '^nexus:' /etc/group; then sed -i '/^nexus:/d' /etc/group; fi
    echo "nexus:x:$gid:" >> /etc/group
  fi
  # To tell later whether anyone changed them since.
  cat /etc/passwd /etc/group /etc/shadow > /.nexus/accounts 2>/dev/null || :
fi
if [ ! -d /home/nexus ] && grep -q '^nexus:.*:/home/nexus:' /etc/passwd; then mkdir -p /home/nexus; fi
# From a checkpoint of another user's.
if [ -d /home/nexus ] && [ "$(stat -c %u /home/nexus)" != "$uid" ]; then chown -R "$uid:$gid" /home/nexus; fi
for volume in "$@"; do
  # An empty one is new, and root's.
  if [ -z "$(ls -A "$volume")" ]; then chown "$uid:$gid" "$volume"; fi
done
`

/** ID FOLDER LOGGED COMMAND…: what every command of ours is run by. Its descendants can be told by NEXUS_EXEC. */
const run = `#!/bin/sh
export NEXUS_EXEC="$1"
cd -- "$2" || exit 126
if [ "$3" = logged ]; then exec > /run/nexus/log 2>&1 < /dev/null; fi
shift 3
if [ -r /run/nexus/env ]; then . /run/nexus/env; fi
unset NEXUS_GIVEN
exec "$@"
`

/** ID: ends all that one command started, also what left its session; as the same user, who alone may see whose they are. */
const end = `#!/bin/sh
of() {
  found=
  for p in /proc/[0-9]*; do
    if [ "\${p#/proc/}" != $$ ] && tr '\\0' '\\n' < "$p/environ" 2>/dev/null | grep -qx "NEXUS_EXEC=$1"; then
      found="$found \${p#/proc/}"
    fi
  done 2>/dev/null
  [ -n "$found" ]
}
if of "$1"; then kill -TERM $found 2>/dev/null; fi
for try in 1 2 3 4 5 6 7 8 9 10; do
  of "$1" || exit 0
  sleep 0.1
done
while of "$1"; do kill -KILL $found 2>/dev/null; sleep 0.05; done
`

/** What a login is given: a shell in the worktree, or its command there. */
const login = `#!/bin/sh
if [ -r /run/nexus/env ]; then . /run/nexus/env; fi
cd -- "$(cat /.nexus/folder)" 2>/dev/null
command=\${SSH_ORIGINAL_COMMAND-}
unset SSH_ORIGINAL_COMMAND
if [ -n "$command" ]; then exec "\${SHELL:-/bin/sh}" -c "$command"; fi
exec "\${SHELL:-/bin/sh}"
`

const sftp = `#!/bin/sh
for server in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec; do
  if [ -x "$server/sftp-server" ]; then exec "$server/sftp-server"; fi
done
echo "There is no sftp-server in this image." >&2
exit 127
`

export const scripts = { start, setup, run, end, login, sftp }

/** Keys only, for one user, with nothing of the image's own configuration or keys. sshd_config(5) of OpenSSH 8.2 and later. */
export const sshdConfig = (port: number, isRoot: boolean): string => `Port ${port}
HostKey /.nexus/host_key
AuthorizedKeysFile /.nexus/authorized_keys
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin ${isRoot ? "prohibit-password" : "no"}
AllowUsers nexus
UsePAM no
UseDNS no
AllowAgentForwarding yes
AllowTcpForwarding yes
GatewayPorts no
X11Forwarding no
PermitTunnel no
PermitUserEnvironment no
AcceptEnv LANG LC_* TERM COLORTERM
PrintMotd no
PrintLastLog no
LoginGraceTime 30
MaxStartups 100:30:200
MaxSessions 100
ClientAliveInterval 30
PidFile none
ForceCommand /.nexus/login
Subsystem sftp /.nexus/sftp
`
