#!/usr/bin/env bash
# A batch as a job array on a real Slurm: controller and two virtual nodes on this machine. In the middle
# one node's daemon and its jobs are killed (-9); in the end everything is done, and equal to a local run.
#   scripts/test_slurm.sh [PICTURES]     BUILD=build/release; needs root
set -euo pipefail
cd "$(dirname "$0")/.."
pictures=${1:-60}
for program in slurmctld slurmd munged sbatch; do
  PATH=$PATH:/usr/sbin command -v $program >/dev/null || {
    echo "test_slurm.sh: skipped: no $program (scripts/setup.sh installs it)"
    exit 0
  }
done
((EUID == 0)) || { echo "test_slurm.sh: skipped: needs root"; exit 0; }
PATH=$PATH:/usr/sbin

work=$(mktemp -d)
chmod 755 "$work"
daemons=()
clean_up() {
  scancel --quiet --full --name=plan 2>/dev/null || true
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${daemons[@]}" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

mkdir "$work"/{bin,in,state,spoolrestore0,spoolrestore1,log,munge}
cp "${BUILD:-build/release}"/bin/restore-{batch,degrade} "$work/bin"
"$work/bin/restore-degrade" data/samples/tulips.jpg --operator 'downsample(4)' \
  -o "$work/small.png" --progress none -q
for ((i = 0; i < pictures; i++)); do cp "$work/small.png" "$work/in/$i.png"; done

# A key and a socket of our own.
dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 status=none
chown munge: "$work/munge" "$work/munge.key"
chmod 400 "$work/munge.key"
setpriv --reuid=munge --regid=munge --clear-groups munged --foreground --key-file="$work/munge.key" \
  --socket="$work/munge/socket" --pid-file="$work/munge/pid" --log-file="$work/munge/log" \
  --seed-file="$work/munge/seed" 2>/dev/null &
daemons+=($!)

host=$(hostname -s)
cat >"$work/slurm.conf" <<CONF
ClusterName=two
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd-%n
SlurmctldPort=16817
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
RequeueExit=75
KillWait=5
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0
NodeName=restore0 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=1
NodeName=restore1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=1
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
export SLURM_CONF=$work/slurm.conf
until [[ -S $work/munge/socket ]]; do sleep 0.1; done
slurmctld -D 2>/dev/null &
daemons+=($!)
slurmd -D -N restore0 2>/dev/null &
daemons+=($!)
slurmd -D -N restore1 2>/dev/null &
victim=$!
for ((i = 0; i < 100; i++)); do
  (($(sinfo -h -t idle -o %D 2>/dev/null || echo 0) == 2)) && break
  sleep 0.3
done
sinfo

cd "$work"
call=(restore-degrade in --operator 'blur(gaussian:4)' --noise 0.05)
bin/"${call[0]}" "${call[@]:1}" -o local --progress none -q
bin/restore-batch plan -m plan.jsonl "${call[@]}" -o slurm
start=$SECONDS
bin/restore-batch submit -m plan.jsonl --items $(((pictures + 5) / 6)) \
  --sbatch=--output="$work/log/task-%a" -j 1 -q --progress none

done_count() { cat slurm/.restore-log.jsonl 2>/dev/null | grep -c '"done"' || true; }
# The processes of the second node's tasks, and their keepers; found at once, or the task ends before it is
# killed.
tasks_of_second() {
  local file
  for file in $(grep -lzsx SLURMD_NODENAME=restore1 /proc/[0-9]*/environ); do
    file=${file%/environ}
    echo "${file#/proc/}"
    awk '/^PPid/ { print $2 }' "$file/status"
  done 2>/dev/null
}
until (($(done_count) >= pictures / 4)); do sleep 0.05; done
# The loss of a node: its daemon and all that it started, at once.
until lost=($(tasks_of_second)) && ((${#lost[@]})); do sleep 0.1; done
lost+=("$victim")
kill -KILL "${lost[@]}" 2>/dev/null || true
echo "killed a node, ${#lost[@]} processes, after $(done_count) of $pictures pictures"
sleep 1
slurmd -D -N restore1 2>/dev/null &
daemons+=($!)

for ((i = 0; i < 600; i++)); do
  [[ -z $(squeue -h 2>/dev/null) ]] && break
  sleep 0.3
done
squeue
bin/restore-batch status -m plan.jsonl
diff -r --exclude=.restore-log.jsonl local slurm
requeued=$(grep -c -i 'requeu' "$work/log/slurmctld" || true)
((requeued > 0))
twice=$(grep '"done"' slurm/.restore-log.jsonl | sort | uniq -d | wc -l)
((twice == 0)) || { echo "$twice pictures were recorded as done twice"; exit 1; }
echo "$pictures pictures in $((SECONDS - start)) s, each done once, the same as a local run; $requeued lines about requeues"
