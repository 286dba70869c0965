# shellcheck shell=bash
# What the batch scripts share: find a Python with dsgrid, take over what the site's file says, and hand over to it.
# The rest (sizes, starting Spark, waiting, tearing down) is Python: lib/dsgrid/cluster.
#
# What may be set in the environment, before sbatch; all of it wins over the site's file:
#   DSGRID_SITE         the site's file; else site.toml in ~/.config/dsgrid, or the one that comes with dsgrid
#   DSGRID_HOME         the project's folder; by default the one above this script's
#   DSGRID_PYTHON       a Python with dsgrid; by default .venv of that folder, an active environment, python3
#   DSGRID_RUN_ROOT     on a file system that all nodes see, for configuration and logs; by default dsgrid-jobs here
#   DSGRID_SCRATCH      on each node's own disk; by default TMPDIR
#   DSGRID_WORKERS_WAIT, DSGRID_WORKERS_MIN    how many seconds to wait for workers, and for how many of them
#   DSGRID_DRIVER_MB    the heap of Spark's driver
#   DSGRID_JVM_FLAGS    more options of every JVM
#   DSGRID_REQUEUE      how often a job that is out of time goes back into the queue

# Slurm tells a job with a short limit at once that it is near. Python heeds it, as soon as it is there.
trap 'echo "error: the time limit is near, and nothing has begun yet" >&2; exit 124' USR1

find_python() { # the project's folder
    local candidate why
    if [[ -n ${DSGRID_PYTHON:-} ]]; then
        # What somebody wants is not replaced without a word.
        if why=$("$DSGRID_PYTHON" -c 'import dsgrid.cluster' 2>&1); then
            printf '%s\n' "$DSGRID_PYTHON"
            return
        fi
        echo "error: DSGRID_PYTHON is $DSGRID_PYTHON, which is no Python with dsgrid: ${why##*$'\n'}" >&2
        return 64
    fi
    for candidate in "$1/.venv/bin/python" "${VIRTUAL_ENV:-/nowhere}/bin/python" "$(command -v python3)"; do
        [[ -x $candidate ]] || continue
        # Not dsgrid alone: a folder of that name where we are passes for it.
        if "$candidate" -c 'import dsgrid.cluster' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "error: no Python with dsgrid; export DSGRID_PYTHON=/path/to/.venv/bin/python before sbatch" >&2
    return 64
}

lead() { # kind arguments...
    become dsgrid.cluster lead "$@"
}

become() { # module arguments...
    local home python lines
    home=${DSGRID_HOME:-$(dirname "$DSGRID_SLURM")}
    python=$(find_python "$home") || exit
    lines=$("$python" -m dsgrid.cluster environment) || exit
    eval "$lines"
    # The site may name another one.
    python=$(find_python "$home") || exit
    # In place of this shell: Slurm's signals reach Python, which ends everything in order.
    exec "$python" -m "$@"
}
