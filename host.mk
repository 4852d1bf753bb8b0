# The extension in its host environments: `make host-envs`, `make host-test`. Included by the Makefile.
#   HOSTS="a1111"       only one of them
# Chromium comes from the system's packages; without it the tests of the page are skipped with a reason.
HOSTS ?= a1111 forge neo
# Their pins have wheels for these Pythons.
HOST_PYTHON ?= $(or $(call python-of,3.11),$(call python-of,3.10),$(PYTHON))
NEO_PYTHON ?= $(call python-of,3.13)
PYTHON_OF_a1111 = $(HOST_PYTHON)
PYTHON_OF_forge = $(HOST_PYTHON)
PYTHON_OF_neo = $(NEO_PYTHON)
# Neo installs its gradio before the rest: together they could not be had, for it pins a newer Pillow than that allows.
FIRST_OF_neo = gradio==4.40.0 gradio_rangeslider==0.0.8
HOST_PIP = .venv-$*/bin/python -m pip -qq --no-input --disable-pip-version-check
READY_HOSTS = $(foreach host,$(HOSTS),$(if $(PYTHON_OF_$(host)),$(host)))
HOST_STAMPS = $(READY_HOSTS:%=.venv-%/.ready)

.PHONY: host-envs host-test host-clean

host-envs: $(HOST_STAMPS)
	$(foreach host,$(filter-out $(READY_HOSTS),$(HOSTS)),@echo "skipped: the host $(host), for which there is no Python 3.13")

.venv-%/.ready: tests/host/requirements-%.txt install-pins.txt
	@echo "setting up .venv-$* (once; about 600 MB)"
	test -x .venv-$*/bin/python || $(PYTHON_OF_$*) -m venv .venv-$*
	$(if $(FIRST_OF_$*),$(HOST_PIP) install $(FIRST_OF_$*))
	$(HOST_PIP) install -r $<
	@# What install.py adds, apart from the rest, for a test sees it come.
	$(HOST_PIP) freeze > .venv-$*/pins.txt
	$(HOST_PIP) install --target .venv-$*/added --constraint .venv-$*/pins.txt \
	  "$$(sed -n 's/^\(openai==[^ ]*\).*/\1/p' install-pins.txt)"
	@touch $@

# Started with `sh`, so that a clone without execute bits works too.
host-test: host-envs
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || sh tests/browser/install-chromium.sh
	for host in $(READY_HOSTS); do \
	  OMP_NUM_THREADS=1 .venv-$$host/bin/python -m pytest -p no:cacheprovider tests/host tests/browser || exit 1; \
	done

host-clean:
	rm -rf $(HOSTS:%=.venv-%) tests/browser/out
