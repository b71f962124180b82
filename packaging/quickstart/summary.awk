# SPDX-License-Identifier: Apache-2.0
#
# summary.awk - the documents of a short run as one line a container, and one document in full. For ./quickstart.
# Input: NDJSON as metrichost writes it. Plain awk, so that a fresh machine needs nothing more.

# Splits a JSON document into value[dotted path] = text. Arrays count as one value.
function flatten(json,    depth, path, key, token, wants_value, kind)
{
    split("", value)
    depth = 0
    wants_value = 0
    while (json != "") {
        kind = substr(json, 1, 1)
        if (kind == "\"")
            match(json, /^"([^"\\]|\\.)*"/)
        else if (kind == "[")
            match(json, /^\[[^\]]*\]/)
        else if (kind ~ /[{},:]/)
            RLENGTH = 1
        else
            match(json, /^[^{},:]+/)
        if (RLENGTH < 1)
            return # not JSON
        token = substr(json, 1, RLENGTH)
        json = substr(json, RLENGTH + 1)
        if (kind == "{") {
            path[depth + 1] = depth == 0 || key == "" ? "" : path[depth] key "."
            depth++
            wants_value = 0
        } else if (kind == "}") {
            depth--
        } else if (kind == ":") {
            wants_value = 1
        } else if (kind != ",") {
            if (kind == "\"")
                token = substr(token, 2, length(token) - 2)
            if (wants_value)
                value[path[depth] key] = token
            else
                key = token
            wants_value = 0
        }
    }
}

function size(bytes,    unit)
{
    if (bytes == "")
        return "-"
    for (unit = 1; bytes >= 1024 && unit < 5; unit++)
        bytes /= 1024
    return sprintf(unit == 1 ? "%d %s" : "%.1f %s", bytes, substr("B  KiBMiBGiBTiB", unit * 3 - 2, 3))
}

# Notes a value of the container's document, if there is one.
function keep(of, path)
{
    if (path in value)
        of[name] = value[path]
    return path in value
}

# Prints a document with an indentation of two blanks a level.
function print_document(json,    i, c, quoted, indent)
{
    indent = "  "
    printf "%s", indent
    for (i = 1; i <= length(json); i++) {
        c = substr(json, i, 1)
        if (c == "\"" && substr(json, i - 1, 1) != "\\")
            quoted = !quoted
        if (!quoted && (c == "}"))
            indent = substr(indent, 3)
        if (!quoted && c == "}")
            printf "\n%s", indent
        printf "%s", c
        if (!quoted && c == "{")
            indent = indent "  "
        if (!quoted && (c == "{" || c == ","))
            printf "\n%s", indent
        if (!quoted && c == ":")
            printf " "
    }
    print ""
}

{
    flatten($0)
    documents++
    dataset = value["event.dataset"]
    name = value["container.name"]
    seen[dataset]++
    if (name == "")
        next
    if (!(name in known)) {
        known[name] = ++n_names
        names[n_names] = name
    }
    # Rates need two samples; what the last sample could not tell stays as it was before.
    if (dataset == "docker.cpu") {
        if (keep(cpu, "docker.cpu.total.pct") || sample == "")
            sample = $0
    } else if (dataset == "docker.memory") {
        keep(memory, "docker.memory.usage.total")
    } else if (dataset == "docker.network") {
        keep(received, "docker.network.in.bytes")
        keep(sent, "docker.network.out.bytes")
    } else if (dataset == "awsfargate.task_stats") {
        if (keep(cpu, "awsfargate.task_stats.cpu.total.pct") || sample == "")
            sample = $0
        keep(memory, "awsfargate.task_stats.memory.usage.total")
    }
}

END {
    if (documents == 0)
        exit 3
    printf "%-28s %8s %12s %14s %14s\n", "container", "CPU", "memory", "received", "sent"
    for (i = 1; i <= n_names; i++) {
        name = names[i]
        printf "%-28s %8s %12s %14s %14s\n", name, cpu[name] == "" ? "-" : sprintf("%.1f %%", cpu[name] * 100), \
            size(memory[name]), received[name] == "" ? "-" : size(received[name]) "/s", sent[name] == "" ? "-" : size(sent[name]) "/s"
    }
    printf "\n%d documents:", documents
    for (dataset in seen)
        printf " %s %d", dataset, seen[dataset]
    print "\n"
    if (sample != "") {
        print "One of them:"
        print_document(sample)
    }
    if (n_names == 0)
        exit 3
}
