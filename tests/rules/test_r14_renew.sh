#!/bin/sh
# R14 at the command: a keeper renews a group's secret; who is in it reads on, and who may not is told so.
#   test_r14_renew.sh KERVEN KERVEN_SERVER
set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../support/cli.sh
. "$tests/support/cli.sh"

start one
found office one
member w1 office Dursun
id=$(new w1 prs_FirstName=Maya)
for vault in w1 office; do prints '"ok":true' --vault $vault sync --json; done

prints '"name":"office","kind":"office","devices":1,"keepers":1,"secret":0,"member":true,"keeper":true' \
  --vault office group list --json
prints '"name":"Dursun","kind":"member"' --vault w1 group list --json
prints 'keeps it' --vault w1 group list
refuses 14 'only a device that keeps the group office' --vault w1 group renew office
refuses 6 'no group is called nobody' --vault office group renew nobody
prints renewed --vault office group renew office
refuses 31 'under way already' --vault office group renew office
prints '"renewing":true' --vault office group list --json
prints 'renewed with the next sync' --vault office group list
for vault in office office w1; do prints '"ok":true' --vault $vault sync --json; done
prints '"name":"office","kind":"office","devices":1,"keepers":1,"secret":1' --vault w1 group list --json

# what is new goes under the new secret, what was before stays
prints saved --vault w1 case set "$id" prs_LastName=Atayeva
fresh=$(new w1 prs_FirstName=Selbi)
for vault in w1 office; do prints '"ok":true' --vault $vault sync --json; done
prints Atayeva --vault office case show "$id"
prints Selbi --vault office case show "$fresh"
exit $failed
