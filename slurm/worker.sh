#!/bin/bash
# One Spark Worker, in the foreground of a step that spark_job.sbatch starts on every node.
set -euo pipefail
# shellcheck source=slurm/cluster.sh
source "$DSGRID_SLURM/cluster.sh"

umask 077
SPARK_LOCAL_IP=$(node_address "$SLURMD_NODENAME")
export SPARK_LOCAL_IP SPARK_LOCAL_DIRS=$LOCAL/local-$SLURMD_NODENAME
mkdir -p "$SPARK_LOCAL_DIRS" "$LOCAL/work-$SLURMD_NODENAME" "$LOCAL/tmp"
# By the node's name: nodes may share a host in a test.
exec >>"$SPARK_LOG_DIR/worker-$SLURMD_NODENAME.log" 2>&1
sweep_scratch

worker=
# shellcheck disable=SC2317,SC2329  # the trap calls it
end() {
    [[ -z $worker ]] || kill -TERM "$worker" 2>/dev/null || true
    wait || true
    rm -rf "$LOCAL"
    exit 0 # the cluster's own teardown is no failure of this step
}
trap end TERM

# A Worker that dies, for instance by the memory limit, is started again, twice; Spark repeats what it lost.
for attempt in 1 2 3; do
    "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker --host "$SPARK_LOCAL_IP" --port 0 --webui-port 0 \
        --cores "$DSGRID_WORKER_CORES" --memory "${DSGRID_WORKER_MB}M" --work-dir "$LOCAL/work-$SLURMD_NODENAME" \
        "$DSGRID_MASTER" &
    worker=$!
    code=0
    wait "$worker" || code=$?
    ((code != 0)) || break
    say "worker on $SLURMD_NODENAME ended with exit code $code (attempt $attempt)"
    sleep 1
done
exit "$code"
