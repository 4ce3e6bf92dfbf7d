#!/usr/bin/env bash
# A private PostgreSQL for the tests: scripts/services.sh start|stop|status
#
# Listens on 127.0.0.1 alone, on a free port, with a password of its own. Its data lie under .services/, or in a
# temporary folder where the server's user may not read this one. The address is written to .services/env as
# SEGUE_TEST_POSTGRES_URL. Needs the server's programs; as root on Debian they are installed where they are missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/.services

fail() {
    echo "services: $*" >&2
    exit 1
}

# The server refuses to run as root, so root hands its work to the user postgres.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Prints the folder of initdb and pg_ctl, the newest version first; nothing where there is none.
find_programs() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin 2>/dev/null |
        sort -rV) $(dirname "$(command -v initdb || echo /none/initdb)"); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then
            echo "$folder"
            return
        fi
    done
}

need_programs() {
    programs=$(find_programs)
    if [ -z "$programs" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "services: installing PostgreSQL"
        mkdir -p /etc/postgresql-common
        # Debian would otherwise start a cluster of its own.
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql >/dev/null ||
            fail "PostgreSQL could not be installed. Install it by hand (Debian: apt-get install postgresql)."
        programs=$(find_programs)
    fi
    [ -n "$programs" ] || fail "no PostgreSQL server found. Install it (Debian: sudo apt-get install postgresql) and repeat."
}

data_folder() {
    [ -f "$state/data" ] && cat "$state/data"
}

running() {
    local data
    data=$(data_folder) && [ -n "$data" ] && as_server "$programs/pg_ctl" status -D "$data/cluster" >/dev/null 2>&1
}

free_port() {
    local port
    for port in $(shuf -i 20000-29999 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
            echo "$port"
            return
        }
    done
    fail "no free port found between 20000 and 29999."
}

# A folder that belongs to the server's user and that it can reach.
make_data_folder() {
    local folder=$state/postgres
    if [ "$(id -u)" = 0 ]; then
        install -d -o postgres -g postgres -m 700 "$folder"
        if ! as_server test -w "$folder"; then
            rmdir "$folder"
            folder=$(as_server mktemp -d "${TMPDIR:-/tmp}/segue-postgres.XXXXXXXX") ||
                folder=$(as_server mktemp -d /tmp/segue-postgres.XXXXXXXX)
        fi
    else
        install -d -m 700 "$folder"
    fi
    echo "$folder" >"$state/data"
}

start() {
    need_programs
    mkdir -p "$state"
    if running && [ -f "$state/env" ]; then
        status
        return
    fi
    local data password port
    data=$(data_folder || true)
    if [ -z "$data" ] || ! as_server test -f "$data/cluster/PG_VERSION" || [ ! -f "$state/password" ]; then
        [ -z "$data" ] || remove_data "$data"
        make_data_folder
        data=$(data_folder)
        password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        (umask 077 && echo "$password" >"$state/password")
        # The password reaches initdb through a file of the server's user, never through the list of processes.
        echo "$password" | as_server sh -c "umask 077; cat > '$data/password'"
        as_server "$programs/initdb" -D "$data/cluster" -U segue --pwfile="$data/password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$state/initdb.log" 2>&1 ||
            fail "initdb failed: $(tail -n 3 "$state/initdb.log")"
        as_server rm "$data/password"
    fi
    password=$(cat "$state/password")
    port=$(free_port)
    # Socket paths are limited to about 100 characters, so the socket lies under /tmp, in a folder of its own.
    local socket
    socket=$(as_server mktemp -d /tmp/segue-pg.XXXXXXXX)
    echo "$socket" >"$state/socket"
    as_server "$programs/pg_ctl" start -w -t 60 -s -D "$data/cluster" -l "$data/server.log" \
        -o "-c listen_addresses=127.0.0.1 -p $port -k $socket" ||
        fail "the server did not start: $(as_server tail -n 3 "$data/server.log")"
    (umask 077 && echo "SEGUE_TEST_POSTGRES_URL=postgresql://segue:$password@127.0.0.1:$port/postgres" >"$state/env")
    status
}

stop() {
    programs=$(find_programs)
    local data
    data=$(data_folder || true)
    if [ -n "$data" ] && [ -n "$programs" ] && running; then
        as_server "$programs/pg_ctl" stop -s -m fast -D "$data/cluster"
        echo "services: PostgreSQL stopped"
    else
        echo "services: PostgreSQL was not running"
    fi
    [ ! -f "$state/socket" ] || rm -rf "$(cat "$state/socket")"
    [ -z "$data" ] || remove_data "$data"
    rm -f "$state/env" "$state/socket" "$state/data" "$state/password"
}

# Only folders that this script can have made are ever deleted.
remove_data() {
    case $1 in
    "$state/postgres" | */segue-postgres.????????) rm -rf "$1" ;;
    *) fail "$state/data names $1, which is not a folder of this script. Remove that file." ;;
    esac
}

status() {
    programs=${programs:-$(find_programs)}
    if [ -n "$programs" ] && running; then
        echo "services: PostgreSQL runs at $(sed 's/.*@//' "$state/env"); its address is in .services/env"
    else
        echo "services: PostgreSQL does not run. Start it: scripts/services.sh start"
        return 3
    fi
}

case ${1:-} in
start | stop | status) "$1" ;;
*) echo "usage: $0 start|stop|status" >&2 && exit 2 ;;
esac
