#!/usr/bin/env bash
# A campaign as a SLURM array: 64 tasks of one core. Change the seeds, the folder and the environment.
#SBATCH --job-name=gradconform
#SBATCH --array=0-63
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --time=24:00:00
#SBATCH --requeue
set -euo pipefail

seeds=0:1000000000
out=runs/campaign

.venv/bin/gradconform fuzz --seeds "$seeds" --unit 100000 --jobs 1 --shard auto --out "$out/$SLURM_ARRAY_TASK_ID"

# When all are done: .venv/bin/gradconform merge runs/campaign/* --out runs/campaign-merged
