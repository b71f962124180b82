# packaging
EXTRA_DIST += packaging/systemd/metrichost.service.in
