#!/usr/bin/env bash
# check_deploy.sh: Django's deployment checks with the settings of a production installation.
# The values are placeholders: nothing is contacted.
set -euo pipefail
cd "$(dirname "$0")/.."

var=$(mktemp -d)
trap 'rm -rf "$var"' EXIT
export VAR_DIR=$var
export DATABASE_URL=postgres://countersign:placeholder@database.example.com/countersign
export SECRET_KEY=placeholder-of-more-than-fifty-characters-with-Some-Variety-0123456789
export ALLOWED_HOSTS=countersign.example.com CELERY_BROKER_URL=redis://redis.example.com:6379/0
export EMAIL_URL=smtp+tls://mail.example.com:587
export NETSUITE_ACCOUNT=1234567_SB1 NETSUITE_CONSUMER_KEY=k NETSUITE_CONSUMER_SECRET=s
export NETSUITE_TOKEN=t NETSUITE_TOKEN_SECRET=s NETSUITE_ADJUSTMENT_ACCOUNT_ID=1 NETSUITE_SUBSIDIARY_ID=1
.venv/bin/python manage.py check --deploy --fail-level WARNING
