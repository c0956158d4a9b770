# -*- test-case-name: tests.lab.test_services -*-
"""
The services that are tried, as Debian has them: what they need, and what an
administrator would do on each host.

Nothing of the machine is written to: whatever a service wants to change in C{/etc} or
C{/var/lib} is copied to the host first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.lab.plan import ROUTERS, VIRTUAL
from scripts.lab.services.disk import MOUNTED

DISK: Final = "{disk}"
"""Stands for the word of haresources that mounts the disk of both hosts."""

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

_OWN: Final = """
own() { [ ! -L "$1" ] || { from=$(readlink "$1"); rm "$1"; cp -a "$from" "$1"; }; }
own_empty() { [ ! -L "$1" ] || { rm "$1"; install -d "$1"; }; }
init() { ln -sfn "/run/machine/etc/init.d/$1" "/etc/init.d/$1"; }
parameters() { install -d "/etc/ha.d/conf/OCF/$1"; cat >"/etc/ha.d/conf/OCF/$1/$2"; }
"""
"""For the shell: make a directory the host's own; install an init script, parameters of an agent."""


@dataclass(frozen=True)
class Service:
    """
    A service, and what to do for it.

    @ivar needs: a program, or a full path, and the Debian package that has it.
    @ivar words: what stands behind the address in haresources.
    @ivar prepare: for the shell of each host, whenever it has been powered on.
    @ivar fill: for the shell, in the root of the disk of both hosts.
    @ivar ask: for the shell of the client: prints C{This is} and the host that serves; if
        empty, the client fetches a page.
    @ivar port: of the page.
    @ivar file_system: what the kernel must have.
    """

    name: str
    needs: Mapping[str, str]
    words: str
    prepare: str
    fill: str = ""
    ask: str = ""
    port: int = 80
    file_system: str = ""
    start: float = 60.0
    "Seconds that a start may take at most, whatever else this machine does."

    @property
    def shares(self) -> bool:
        """Whether it needs a disk of both hosts."""
        return DISK in self.words

    def script(self) -> str:
        """Return the whole of what each host does."""
        return _OWN + self.prepare

    def obstacle(self) -> str | None:
        """Say why it cannot be tried on this machine; None when it can."""
        if not self.kernel_allows():
            return f"this kernel has no {self.file_system} (if it is a module: modprobe {self.file_system})"
        missing = sorted({package for program, package in self.needs.items() if not _is_there(program)})
        reasons = [f"not installed: {' '.join(missing)}"] if missing else []
        if os.geteuid() != 0:
            reasons.append("needs root: services change to users of their own")
        return "; ".join(reasons) or None

    def kernel_allows(self) -> bool:
        """Whether the kernel has what it needs."""
        return not self.file_system or self.file_system in Path("/proc/filesystems").read_text().split()


def _is_there(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program, path=PATH) is not None


AGENTS: Final = "/usr/lib/ocf/resource.d/heartbeat"
_AGENT: Final = "resource-agents"
_ON_DISK: Final[Mapping[str, str]] = {
    f"{AGENTS}/Filesystem": _AGENT,
    "modprobe": "kmod",
    "mkfs.ext4": "e2fsprogs",
    "nginx": "nginx",
}

_NGINX: Final = """
init nginx
own /etc/nginx
own_empty /var/lib/nginx
install -d /var/log/nginx %(mounted)s
cat >/etc/nginx/sites-available/default <<'END'
server { listen 80; root %(root)s; ssi on; }
END
"""
"""The page names the host that serves it, wherever it was written."""

_PAGE: Final = 'This is <!--# echo var="hostname" -->'


def _nginx(root: str) -> str:
    return _NGINX % {"root": root, "mounted": MOUNTED}


APACHE: Final = Service(
    "apache2",
    {"/etc/init.d/apache2": "apache2"},
    "apache2",
    """
init apache2
own /etc/apache2
install -d /var/log/apache2 /var/lib/page
echo "This is $(hostname)" >/var/lib/page/index.html
cat >/etc/apache2/sites-available/000-default.conf <<'END'
ServerName lab
DocumentRoot /var/lib/page
<Directory /var/lib/page>
    Require all granted
</Directory>
END
""",
)

NGINX: Final = Service(
    "nginx",
    {"/etc/init.d/nginx": "nginx"},
    "nginx",
    f"{_nginx('/var/lib/page')}\ninstall -d /var/lib/page\necho '{_PAGE}' >/var/lib/page/index.html\n",
)

TOMCAT: Final = Service(
    "tomcat",
    {
        "/usr/libexec/tomcat10/tomcat-start.sh": "tomcat10",
        f"{AGENTS}/tomcat": _AGENT,
        "wget": "wget",
        "java": "default-jre-headless",
    },
    "OCF::tomcat::web",
    """
own /etc/tomcat10
own /var/lib/tomcat10
install -d -o tomcat -g tomcat /var/log/tomcat10 /var/lib/tomcat10/webapps/ROOT /run/tomcat
ln -sfn /run/tomcat /var/lib/tomcat10/work
echo "This is $(hostname)" >/var/lib/tomcat10/webapps/ROOT/index.html
parameters tomcat web <<END
java_home=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
catalina_home=/usr/share/tomcat10
catalina_base=/var/lib/tomcat10
catalina_pid=/run/tomcat/catalina.pid
catalina_out=/var/log/tomcat10/catalina.out
script_log=/var/log/tomcat10/console.log
tomcat_user=tomcat
java_opts="-Xmx128m"
END
""",
    port=8080,
    start=120.0,
)

FILESYSTEM: Final = Service(
    "Filesystem",
    _ON_DISK,
    f"{DISK} nginx",
    _nginx(f"{MOUNTED}/page"),
    fill=f"install -d page\necho '{_PAGE}' >page/index.html\n",
)

DRBD: Final = Service(
    "drbddisk",
    {**_ON_DISK, "/etc/ha.d/resource.d/drbddisk": "drbd-utils", "/sbin/drbdadm": "drbd-utils"},
    f"drbddisk::r0 {FILESYSTEM.words}",
    f"""{FILESYSTEM.prepare}
ln -sfn /run/machine/etc/ha.d/resource.d/drbddisk /etc/ha.d/resource.d/drbddisk
mount --bind {Path(__file__).with_name("drbdadm")} /sbin/drbdadm
/sbin/drbdadm up r0
""",
    fill=FILESYSTEM.fill,
)

_POSTGRES: Final = """
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
"""

POSTGRESQL: Final = Service(
    "PostgreSQL",
    {
        **{path: package for path, package in _ON_DISK.items() if path != "nginx"},
        "/usr/lib/postgresql": "postgresql",
        "psql": "postgresql-client",
        f"{AGENTS}/pgsql": _AGENT,
        "su": "util-linux",
    },
    f"{DISK} OCF::pgsql::db",
    f"""{_POSTGRES}
install -d {MOUNTED}
install -d -o postgres -g postgres /run/postgresql /var/log/postgresql
parameters pgsql db <<END
pgctl=$bin/pg_ctl
psql=$bin/psql
pgdata={MOUNTED}/db
config={MOUNTED}/db/postgresql.conf
socketdir=/run/postgresql
logfile=/var/log/postgresql/db.log
start_opt="-h ''\\*''"
END
""",
    fill=f"""{_POSTGRES}
install -d -o postgres -g postgres db
chmod 700 db
su postgres -s /bin/sh -c "$bin/initdb -A trust -N -D $PWD/db" >/dev/null
printf '%s\\n' "listen_addresses = '*'" "unix_socket_directories = '/run/postgresql'" \\
    "max_connections = 20" "shared_buffers = 16MB" >>db/postgresql.conf
echo 'host all all 172.16.0.0/24 trust' >>db/pg_hba.conf
echo "create table kept as select 'This is '::text as words" |
    su postgres -s /bin/sh -c "$bin/postgres --single -D $PWD/db postgres" >/dev/null
""",
    ask=f"PGCONNECT_TIMEOUT=2 psql -X -At -h {VIRTUAL} -U postgres "
    "-c \"select words || pg_read_file('/etc/hostname') from kept\"",
    start=120.0,
)

NFS: Final = Service(
    "NFS",
    {
        **{path: package for path, package in _ON_DISK.items() if path != "nginx"},
        f"{AGENTS}/exportfs": _AGENT,
        "rpc.nfsd": "nfs-kernel-server",
        "exportfs": "nfs-kernel-server",
        "mount.nfs": "nfs-common",
    },
    f"{DISK} OCF::exportfs::data",
    f"""
own_empty /var/lib/nfs
install -d /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs {MOUNTED}
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t nfsd nfsd /proc/fs/nfsd
rpc.mountd --no-nfs-version 3
rpc.nfsd --no-nfs-version 3 --grace-time 10 --lease-time 10 4
parameters exportfs data <<'END'
clientspec={ROUTERS[0]}
directory={MOUNTED}
fsid=1
options=ro
END
""",
    fill="echo kept >file\n",
    ask=f"""
mountpoint -q /run/nfs || {{ mkdir -p /run/nfs; mount -t nfs4 -o soft,timeo=5 {VIRTUAL}:{MOUNTED} /run/nfs; }}
dd if=/run/nfs/file of=/dev/null iflag=direct status=none || exit 1
mac=$(ip neigh show {VIRTUAL} | sed -n 's/.* lladdr 02:00:00:00:0\\(.\\):.*/\\1/p')
echo "This is node0$((mac - 1))"
""",
    file_system="nfsd",
)

SERVICES: Final = (APACHE, NGINX, TOMCAT, FILESYSTEM, POSTGRESQL, NFS, DRBD)
