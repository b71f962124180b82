/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - the options of the output. Everything that an existing output.elasticsearch may hold is
 * here: with effect, or marked as ignored with the reason.
 */
#include "options.h"

#include "support.h"

#define KEY(name, type, def, doc)                                                                  \
    {                                                                                              \
        name, def, NULL, doc, MH_KEY_##type, 0                                                     \
    }
#define KEY_FLAGS(name, type, def, flags, doc)                                                     \
    {                                                                                              \
        name, def, NULL, doc, MH_KEY_##type, flags                                                 \
    }
#define CHOICE(name, def, choices, doc)                                                            \
    {                                                                                              \
        name, def, choices, doc, MH_KEY_STRING, 0                                                  \
    }
#define IGNORED(name, type, doc)                                                                   \
    {                                                                                              \
        name, NULL, NULL, doc, MH_KEY_##type, MH_KEY_IGNORED                                       \
    }

const struct mh_key es_keys[] = {
    /* where */
    KEY("hosts", STRING_LIST, NULL,
        "Servers: HOST, HOST:PORT or a URL; scheme and path default to the options of that name, "
        "the port to 9200."),
    CHOICE("protocol", NULL, "http|https", "Scheme of hosts that have none."),
    KEY("path", STRING, NULL, "Path prefix of hosts that have none."),
    KEY("parameters", MAP, NULL, "Query parameters added to every bulk request."),
    KEY("headers", MAP, NULL, "Headers added to every request."),
    KEY("cloud.id", STRING, NULL,
        "Cloud ID of an Elastic Cloud deployment; replaces hosts and the address of Kibana."),
    KEY_FLAGS("cloud.auth", STRING, NULL, MH_KEY_SECRET,
              "USER:PASSWORD for cloud.id; replaces username and password."),

    /* who */
    KEY("username", STRING, NULL, "User for basic authentication."),
    KEY_FLAGS("password", STRING, NULL, MH_KEY_SECRET, "Password for basic authentication."),
    KEY_FLAGS("password_file", STRING, NULL, MH_KEY_PATH,
              "File that holds the password; read again when it changes and when the server "
              "answers 401."),
    KEY_FLAGS("api_key", STRING, NULL, MH_KEY_SECRET, "API key as ID:KEY, or in its base64 form."),
    KEY_FLAGS("api_key_file", STRING, NULL, MH_KEY_PATH,
              "File that holds the API key; read again as password_file is."),
    KEY_FLAGS("bearer_token", STRING, NULL, MH_KEY_SECRET, "Token sent as Authorization: Bearer."),
    KEY_FLAGS("bearer_token_file", STRING, NULL, MH_KEY_PATH,
              "File that holds the token; read again as password_file is."),
    KEY_FLAGS("service_token", STRING, NULL, MH_KEY_SECRET,
              "Service account token, sent as a bearer token."),
    KEY_FLAGS("service_token_file", STRING, NULL, MH_KEY_PATH,
              "File that holds the service token; read again as password_file is."),

    /* what goes where */
    KEY("index", STRING, NULL,
        "Target, a format string such as app-%{[agent.version]}-%{+yyyy.MM.dd}; by default the "
        "data stream metrichost-VERSION."),
    KEY("indices", ANY, NULL,
        "Rules {index, when, mappings, default}; the first that matches names the target, else "
        "index does."),
    KEY("pipeline", STRING, NULL, "Ingest pipeline, a format string."),
    KEY("pipelines", ANY, NULL,
        "Rules {pipeline, when, mappings, default}; the first that matches names the pipeline, "
        "else pipeline does."),
    KEY("late_index", STRING, NULL,
        "Where documents go whose time a time series stream no longer accepts; by default the "
        "target with -late added when setup.template.time_series is on."),
    IGNORED("non_indexable_policy", ANY,
            "Refused documents always go to the dead-letter file of the daemon."),

    /* how */
    CHOICE("preset", NULL, "balanced|throughput|scale|latency|custom",
           "Sets bulk_max_size, worker, compression_level, idle_connection_timeout and backoff "
           "together, over their own options."),
    KEY("worker", INT, "1", "Connections per host that send side by side."),
    KEY("workers", INT, NULL, "Another name of worker."),
    KEY("loadbalance", BOOL, "true",
        "Sends to all hosts; false: to one, and to another when it fails."),
    KEY("bulk_max_size", INT, "1600",
        "Documents per request at most; 0 or less: only bulk_max_bytes counts."),
    KEY("bulk_max_bytes", BYTES, "5MiB", "Size of a request before compression at most."),
    KEY("linger", DURATION, "0s", "How long to wait for a request to fill."),
    KEY("compression_level", INT, "1", "gzip level of requests, 1 to 9; 0: none."),
    KEY("escape_html", BOOL, "false", "Writes < > & in texts as \\u003c, \\u003e, \\u0026."),
    KEY("timeout", DURATION, "90s", "Limit for a whole request and its answer."),
    KEY("connect_timeout", DURATION, "10s", "Limit for name, connection and TLS together."),
    KEY("idle_connection_timeout", DURATION, "60s",
        "A connection that was idle for longer is not used again."),
    KEY("max_connection_age", DURATION, "2m",
        "A connection older than this is not used again, so that changes of DNS are followed."),
    KEY("backoff.init", DURATION, "1s",
        "First pause after a failure; doubled each time, with jitter."),
    KEY("backoff.max", DURATION, "60s", "Longest pause."),
    IGNORED("max_retries", INT,
            "Retries never end: no document is dropped because a server was away."),
    IGNORED("allow_older_versions", BOOL, "There is no check of versions."),

    /* way */
    KEY_FLAGS("proxy_url", STRING, NULL, MH_KEY_SECRET,
              "Proxy, http://[USER:PASSWORD@]HOST:PORT; by default the environment (HTTP_PROXY, "
              "HTTPS_PROXY, NO_PROXY)."),
    KEY("proxy_disable", BOOL, "false", "Uses no proxy, whatever the environment says."),
    KEY("proxy_headers", MAP, NULL, "Headers for the proxy's CONNECT."),
    KEY("ssl.enabled", BOOL, NULL, "false ignores the other ssl options."),
    KEY("ssl.certificate_authorities", STRING_LIST, NULL,
        "Trusted CA certificates: files or PEM text; by default the system's."),
    KEY("ssl.certificate", STRING, NULL, "Client certificate: file or PEM text."),
    KEY_FLAGS("ssl.key", STRING, NULL, MH_KEY_SECRET,
              "Private key of the client certificate: file or PEM text."),
    KEY_FLAGS("ssl.key_passphrase", STRING, NULL, MH_KEY_SECRET, "Passphrase of the key."),
    CHOICE("ssl.verification_mode", "full", "full|strict|certificate|none",
           "full: chain and host name; strict: also wants a subject alternative name; certificate: "
           "chain only; none: nothing."),
    KEY("ssl.supported_protocols", STRING_LIST, NULL,
        "Among TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3; by default 1.2 and newer."),
    KEY("ssl.cipher_suites", STRING_LIST, NULL, "Cipher suites; by default those of OpenSSL."),
    KEY("ssl.curve_types", STRING_LIST, NULL,
        "Curves, such as P-256, X25519; by default those of OpenSSL."),
    KEY("ssl.ca_sha256", STRING_LIST, NULL,
        "base64 SHA-256 of public keys; a certificate of the chain must have one of them."),
    KEY("ssl.ca_trusted_fingerprint", STRING, NULL,
        "Hexadecimal SHA-256 of a CA certificate that is trusted when the server sends it."),
    IGNORED("ssl.renegotiation", STRING, "OpenSSL never lets a server renegotiate here."),
    IGNORED("ssl.restart_on_cert_change.enabled", BOOL,
            "Changed certificates are used without a restart."),
    IGNORED("ssl.restart_on_cert_change.period", DURATION,
            "Changed certificates are used without a restart."),
    IGNORED("kerberos", ANY,
            "Kerberos is not supported; use basic, API key or token authentication."),
    IGNORED("queue", ANY, "The queue belongs to the daemon: use the top-level queue options."),
    IGNORED("bulk_flush_interval", DURATION, "See linger."),
    IGNORED("ilm", ANY, "Use setup.ilm."),
    IGNORED("template", ANY, "Use setup.template."),

    /* index management */
    KEY("setup.template.enabled", BOOL, "true", "Creates the index template."),
    KEY("setup.template.overwrite", BOOL, "false",
        "Rewrites a template that differs while the daemon runs; setup always does."),
    KEY("setup.template.name", STRING, NULL,
        "Name of the template; by default the name of the target."),
    KEY("setup.template.pattern", STRING, NULL,
        "Index pattern of the template; by default the name of the target."),
    KEY("setup.template.priority", INT, "150", "Priority of the template among others."),
    KEY("setup.template.order", INT, "1", "Order of a legacy template (servers before 7.8)."),
    KEY("setup.template.settings", ANY, NULL, "Index settings merged over the template's own."),
    KEY("setup.template.time_series", BOOL, "false",
        "Makes the target a time series data stream (Elasticsearch 8.7 and newer)."),
    KEY("setup.template.append_fields", ANY, NULL, "Fields {name, type} added to the mapping."),
    KEY("setup.template.json.enabled", BOOL, "false",
        "Uses a template of your own in place of the generated one."),
    KEY_FLAGS("setup.template.json.path", STRING, NULL, MH_KEY_PATH, "File with the template."),
    KEY("setup.template.json.name", STRING, NULL,
        "Name of the template; by default setup.template.name."),
    KEY("setup.template.json.data_stream", BOOL, "false",
        "The template is for a data stream: create it, too."),
    IGNORED("setup.template.fields", STRING, "The mapping comes from the installed plugins."),
    IGNORED("setup.template.type", STRING, "The server's version decides."),
    KEY("setup.ilm.enabled", STRING, "true",
        "true or auto: a lifecycle policy where the server has them; false: none."),
    KEY("setup.ilm.policy_name", STRING, "metrichost", "Name of the lifecycle policy."),
    KEY_FLAGS("setup.ilm.policy_file", STRING, NULL, MH_KEY_PATH,
              "File with a policy of your own."),
    KEY("setup.ilm.check_exists", BOOL, "true",
        "false: assumes that policy, template and target exist, and asks for none."),
    KEY("setup.ilm.overwrite", BOOL, "false", "Rewrites a policy that exists."),
    KEY("setup.ilm.delete_after", STRING, NULL,
        "Deletes data after this age, such as 90d; by default data is never deleted."),
    KEY("setup.ilm.rollover_alias", STRING, NULL,
        "Alias to write to where the server has no data streams; by default the name of the "
        "target."),
    KEY("setup.ilm.pattern", STRING, "{now/d}-000001", "End of the first index behind the alias."),
    IGNORED("setup.kibana", ANY, "This output installs no dashboards."),
    IGNORED("setup.dashboards", ANY, "This output installs no dashboards."),
};

_Static_assert(COUNT_OF(es_keys) == ES_N_KEYS, "ES_N_KEYS is the number of rows above");
