# SPDX-License-Identifier: Apache-2.0
#
# count-cases.awk - the cases in the log of one test, one line each, for ./runtests. cmocka programs print a line per
# case; scripts may print "ok NAME"; any other test is one case. Variables: name; failed=1 when the test failed.

function case_is(result, label, reason)
{
    printf "%s\t%s\t%s\n", result, label, reason
    n[result]++
}

/^\[       OK \] / { case_is("passed", name ": " $4, "") }
/^\[  FAILED  \] [^0-9]/ && !($4 in failures) { failures[$4]; case_is("failed", name ": " $4, "") }
/^\[  SKIPPED \] [^0-9]/ && !($4 in skips) { skips[$4]; case_is("skipped", name ": " $4, "the case says so") }
/^ok / { case_is("passed", name ": " substr($0, 4), "") }
/^not ok / { case_is("failed", name ": " substr($0, 8), "") }
END {
    if (failed && n["failed"] == 0)
        case_is("failed", name, "")
    else if (!failed && n["passed"] + n["skipped"] == 0)
        case_is("passed", name, "")
}
