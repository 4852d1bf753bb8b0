# Debian's Chromium, where this may be installed; elsewhere the tests of the page are skipped.
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
command -v chromium >/dev/null || echo "Chromium is not installed: the tests of the page will be skipped"
