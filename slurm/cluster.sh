# shellcheck shell=bash disable=SC2034  # the scripts that source this file use its variables
# What the two batch scripts share: where things are, how much memory there is, a private configuration, and an end
# that always comes: traps tear down what was started, once, and keep the exit code of the job.
#
# The site may export, before sbatch:
#   DSGRID_HOME         the project's folder; by default the one above this script's
#   DSGRID_PYTHON       a Python with dsgrid; by default .venv of that folder, an active environment, python3
#   DSGRID_RUN_ROOT     on a file system that all nodes see, for configuration and logs; by default where sbatch ran
#   DSGRID_SCRATCH      on each node's own disk; by default TMPDIR
#   DSGRID_DRIVER_MB, DSGRID_OVERHEAD_MB, DSGRID_JVM_FLAGS, DSGRID_WORKERS_WAIT, DSGRID_WORKERS_MIN

EXIT_USAGE=64 EXIT_ADDRESS=70 EXIT_MASTER=71 EXIT_WORKERS=72 EXIT_TIME_LIMIT=124 EXIT_CANCELLED=143

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

fail() { # code message...
    REASON=${*:2}
    echo "error: $REASON" >&2
    exit "$1"
}

# ---- where things are

find_python() { # the project's folder
    local candidate
    for candidate in "${DSGRID_PYTHON:-}" "$1/.venv/bin/python" "${VIRTUAL_ENV:-/nowhere}/bin/python" "$(command -v python3)"; do
        [[ -x $candidate ]] || continue
        if "$candidate" -c 'import dsgrid' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

node_field() { # node field
    scontrol show node "$1" --oneliner | sed -n "s/.* $2=\([^ ]*\).*/\1/p"
}

# The one address that Slurm itself uses for a node. Host names may resolve to a loopback or to a second network card.
node_address() { # node
    local address
    address=$(node_field "$1" NodeAddr)
    getent ahostsv4 "${address:-$1}" | awk 'NR == 1 { print $1 }'
}

# MiB that the job may use on each node: --mem, --mem-per-cpu, or the whole node (--mem=0, or no limits).
node_memory() { # node
    local memory=${SLURM_MEM_PER_NODE:-0}
    if ((memory == 0)) && [[ -n ${SLURM_MEM_PER_CPU:-} ]]; then memory=$((SLURM_MEM_PER_CPU * SLURM_CPUS_ON_NODE)); fi
    if ((memory == 0)); then memory=$(node_field "$1" RealMemory); fi
    printf '%s\n' "$memory"
}

at_least() { # value minimum
    printf '%s\n' $(($1 > $2 ? $1 : $2))
}

# A heap of 1/1.4 leaves room inside the node's memory limit for what Java keeps outside it, Arrow and Python workers.
heap_of() { # MiB
    printf '%s\n' $(($1 * 10 / 14))
}

# ---- begin and end

# Sets ROOT PYTHON SPARK_HOME CORES MEMORY_MB RUN LOCAL and the traps.
begin() {
    [[ -n ${SLURM_JOB_ID:-} ]] || fail $EXIT_USAGE "this is a batch script: sbatch $0 SPEC"
    [[ ${#@} -gt 0 ]] || fail $EXIT_USAGE "a spec is needed: sbatch [OPTIONS OF SBATCH] SCRIPT SPEC [OPTIONS OF dsgrid run]"
    ROOT=${DSGRID_HOME:-$(dirname "$DSGRID_SLURM")}
    PYTHON=$(find_python "$ROOT") || fail $EXIT_USAGE "no Python with dsgrid; export DSGRID_PYTHON=/path/to/.venv/bin/python"
    SPARK_HOME=${SPARK_HOME:-$("$PYTHON" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')}
    mapfile -t NODES < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
    CORES=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}
    MEMORY_MB=$(node_memory "${NODES[0]}")
    RUN=${DSGRID_RUN_ROOT:-$SLURM_SUBMIT_DIR}/dsgrid-$SLURM_JOB_ID
    LOCAL=${DSGRID_SCRATCH:-${TMPDIR:-/tmp}}/dsgrid-$SLURM_JOB_ID
    MASTER_PID='' DRIVER_PID='' WORKER_PIDS=() REASON='' ENDING=0
    # Set before anything is made: what is made is removed.
    trap tear_down EXIT
    trap on_term TERM
    trap 'REASON="interrupted"; exit 130' INT
    (umask 077 && mkdir -p "$RUN/conf" "$RUN/log" "$LOCAL/tmp") || fail $EXIT_USAGE "cannot write to $RUN or $LOCAL"
    export SPARK_HOME PYSPARK_PYTHON=$PYTHON PYSPARK_DRIVER_PYTHON=$PYTHON
    export SPARK_CONF_DIR=$RUN/conf SPARK_LOG_DIR=$RUN/log SPARK_LOCAL_DIRS=$LOCAL/driver TMPDIR=$LOCAL/tmp
    sweep_scratch
}

# TERM comes from scancel (Slurm has given the job another state already) or ahead of the time limit.
on_term() {
    if [[ $(squeue --noheader --job "$SLURM_JOB_ID" --format %T 2>/dev/null) == RUNNING ]]; then
        REASON="the time limit is near" && exit $EXIT_TIME_LIMIT
    fi
    REASON="cancelled" && exit $EXIT_CANCELLED
}

tear_down() {
    local code=$?
    trap '' TERM INT
    trap - EXIT
    ((ENDING)) && exit "$code"
    ENDING=1
    [[ -z $DRIVER_PID ]] || stop_process "$DRIVER_PID" 10
    stop_workers
    [[ -z $MASTER_PID ]] || stop_process "$MASTER_PID" 5
    rm -rf "$RUN/conf" "$LOCAL" # the secret is in conf
    [[ $code -ne 0 ]] || rm -rf "$RUN"
    say "end: exit code $code${REASON:+ ($REASON)}"
    exit "$code"
}

stop_process() { # pid seconds
    kill -TERM "$1" 2>/dev/null || return 0
    for ((tenth = 0; tenth < $2 * 10; tenth++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
}

# TERM to srun itself would make it KILL its task; scancel lets the worker end well.
stop_workers() {
    ((${#WORKER_PIDS[@]})) || return 0
    local steps
    mapfile -t steps < <(squeue --steps --noheader --job "$SLURM_JOB_ID" --format '%i %j' | awk '$2 == "spark-worker" { print $1 }')
    ((${#steps[@]} == 0)) || scancel --signal=TERM "${steps[@]}" 2>/dev/null || true
    for pid in "${WORKER_PIDS[@]}"; do
        for ((tenth = 0; tenth < 50; tenth++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        stop_process "$pid" 3
    done
}

# Jobs that were KILLed could not clean this node's disk: remove what is mine, older, and no longer in the queue.
sweep_scratch() {
    local live folder job
    live=$(squeue --me --noheader --states=all --format '%A %T' 2>/dev/null) || return 0
    for folder in "$(dirname "$LOCAL")"/dsgrid-*; do
        job=${folder##*/dsgrid-}
        [[ $job =~ ^[0-9]+$ && -O $folder ]] || continue
        ((job < SLURM_JOB_ID)) || continue
        grep -qE "^$job (RUNNING|COMPLETING|SUSPENDED|CONFIGURING|PENDING)" <<<"$live" || rm -rf "$folder"
    done
}

# ---- Spark

# Settings for every process of Spark in this job. In a private file: a command line would show the secret to everyone.
write_configuration() { # name value, one pair per line, on stdin: more settings
    local secret
    secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    (
        umask 077
        {
            printf '%s %s\n' \
                spark.authenticate true \
                spark.authenticate.secret "$secret" \
                spark.network.crypto.enabled true \
                spark.master.rest.enabled false \
                spark.ui.killEnabled false \
                spark.driver.defaultJavaOptions "-Djava.io.tmpdir=$LOCAL/tmp ${DSGRID_JVM_FLAGS:-}" \
                spark.executor.defaultJavaOptions "-Djava.io.tmpdir=$LOCAL/tmp ${DSGRID_JVM_FLAGS:-}"
            cat
        } >"$SPARK_CONF_DIR/spark-defaults.conf"
    )
    cat >"$SPARK_CONF_DIR/log4j2.properties" <<'LOG'
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.deploy.name = org.apache.spark.deploy
logger.deploy.level = info
LOG
}

# In the background: bash runs a trap only when the foreground command ends.
run_spec() { # options and arguments of dsgrid run
    "$PYTHON" -m dsgrid run "$@" &
    DRIVER_PID=$!
    local code=0
    wait "$DRIVER_PID" || code=$?
    DRIVER_PID=
    ((code == 0)) || REASON="the job failed; logs: $RUN/log"
    exit "$code"
}
