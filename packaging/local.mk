# packaging: the systemd unit and the RPM packages.
packaging_substitute = $(SED) -e 's|@bindir[@]|$(bindir)|g' -e 's|@VERSION[@]|$(VERSION)|g' \
    -e 's|@MH_ABI_MAJOR[@]|$(MH_ABI_MAJOR)|g' -e 's|@MH_ABI_MINOR[@]|$(MH_ABI_MINOR)|g'

EXTRA_DIST += packaging/systemd/metrichost.service.in packaging/rpm/metrichost.spec.in
CLEANFILES += packaging/systemd/metrichost.service packaging/rpm/metrichost.spec

packaging/systemd/metrichost.service: packaging/systemd/metrichost.service.in Makefile
	@$(MKDIR_P) packaging/systemd
	$(AM_V_GEN)$(packaging_substitute) $(srcdir)/packaging/systemd/metrichost.service.in >$@.new && mv $@.new $@

packaging/rpm/metrichost.spec: packaging/rpm/metrichost.spec.in Makefile
	@$(MKDIR_P) packaging/rpm
	$(AM_V_GEN)$(packaging_substitute) $(srcdir)/packaging/rpm/metrichost.spec.in >$@.new && mv $@.new $@

if HAVE_SYSTEMD
systemdsystemunit_DATA = packaging/systemd/metrichost.service
endif

# Packages in rpm/RPMS. configure names missing libraries better than the package manager's dependencies, which on a
# machine without an RPM database are of no use.
.PHONY: rpm
rpm: dist-xz packaging/rpm/metrichost.spec
	rpmbuild -bb --nodeps --define '_topdir $(abs_builddir)/rpm' --define '_sourcedir $(abs_builddir)' \
	    $(RPMBUILD_FLAGS) packaging/rpm/metrichost.spec

clean-local: clean-rpm
.PHONY: clean-rpm
clean-rpm:
	rm -rf rpm

TESTS += tests/integration/rpm-packages.sh
EXTRA_DIST += tests/integration/rpm-packages.sh
EXTRA_DIST += packaging/container/Dockerfile packaging/container/build-image.sh packaging/container/metrichost.yml \
    packaging/container/minimal-curl.sh
TESTS += tests/integration/container-image.sh
EXTRA_DIST += tests/integration/container-image.sh

# Amazon ECS: templates and a task definition.
cloudformationdir = $(docdir)/cloudformation
dist_cloudformation_DATA = packaging/cloudformation/fargate-service.yml packaging/cloudformation/fargate-sidecar.yml \
    packaging/cloudformation/task-definition.json
TESTS += tests/integration/cloudformation.sh
EXTRA_DIST += tests/integration/cloudformation.py tests/integration/cloudformation.sh
