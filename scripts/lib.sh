# Shared by the scripts beside this file, which source it. It makes a machine ready for Saraban:
# Debian packages, a virtual environment with the locked Python packages, and for the tests
# chromium and the locked npm packages.
#
# Everything here may be run twice and may be interrupted. A machine that is ready costs a blink and
# needs no network. Messages go to standard error, so that standard output belongs to the program.
#
#   SARABAN_VENV            where the virtual environment is (default: .venv in the checkout)
#   SARABAN_PYTHON          the Python to make it with (default: the first of version 3.11 or later)
#   SARABAN_SKIP_PACKAGES   1: never call apt; you have installed what is needed by other means
# shellcheck shell=bash

set -euo pipefail
unset PYTHONHOME PYTHONPATH CDPATH

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=${SARABAN_VENV:-$ROOT/.venv}
[[ $VENV == /* ]] || VENV=$PWD/$VENV

# borgbackup and llfuse are built from source: the headers are for them.
PYTHON_PACKAGES=(python3 python3-dev python3-venv)
RUN_PACKAGES=(build-essential ca-certificates libacl1-dev libfuse-dev liblz4-dev libssl-dev
    libxxhash-dev libzstd-dev openssh-client pkg-config)
TEST_PACKAGES=(git openssh-server strace)
CHROMIUM_PACKAGES=(chromium)
NODE_PACKAGES=(nodejs npm)

# --- telling ------------------------------------------------------------------------------------

say() { # English, Thai
    printf '» %s · %s\n' "$1" "$2" >&2
}

fail() { # English, Thai
    printf '✗ %s\n✗ %s\n' "$1" "$2" >&2
    exit 1
}

# Run a long command with its output kept in a file, which is shown only if the command fails.
# Note for functions run by it: `set -e` does not hold inside, so chain their steps with &&.
quietly() { # English, Thai, command...
    local log beat status=0
    log=$(mktemp "${TMPDIR:-/tmp}/saraban-setup.XXXXXX")
    say "$1" "$2"
    shift 2
    _heartbeat &
    beat=$!
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$beat" 2>/dev/null || true
    wait "$beat" 2>/dev/null || true
    if ((status)); then
        tail -n 30 "$log" >&2
        say "The whole log is in $log" "บันทึกทั้งหมดอยู่ที่ $log"
    else
        rm -f "$log"
    fi
    return "$status"
}

_heartbeat() {
    local seconds=0
    # The second condition ends it when the script was killed and could not end it.
    while sleep 1 </dev/null >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        ((++seconds % 15)) || printf '  … %d s\n' "$seconds" >&2
    done
}

# --- Debian packages ----------------------------------------------------------------------------

_good_python() { # program; is it 3.11 or later, can it make environments and compile against itself?
    command -v "$1" >/dev/null 2>&1 && "$1" -c '
import ensurepip, pathlib, sys, sysconfig, venv
header = pathlib.Path(sysconfig.get_path("include"), "Python.h")
sys.exit(not (sys.version_info >= (3, 11) and header.exists()))
' >/dev/null 2>&1
}

# Print the Python to use.
find_python() {
    local candidate
    for candidate in ${SARABAN_PYTHON:+"$SARABAN_PYTHON"} python3 /usr/bin/python3 \
        python3.14 python3.13 python3.12 python3.11; do
        if _good_python "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

_good_node() {
    command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 &&
        node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' >/dev/null 2>&1
}

_missing_of() { # packages...; prints those that are not installed
    local known
    known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    local package
    for package in "$@"; do
        grep -qx "installed $package" <<<"$known" || printf '%s\n' "$package"
    done
}

_as_root() { # command...
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo ${_SUDO_QUIET:+-n} env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

_may_be_root() {
    ((EUID == 0)) && return
    command -v sudo >/dev/null 2>&1 || return 1
    if sudo -n true 2>/dev/null; then
        _SUDO_QUIET=1
        return
    fi
    # A password can only be asked where a person sits.
    [[ -z ${CI:-} && -t 0 && -t 2 ]] && sudo -v
}

_apt_install() { # packages...
    _as_root apt-get -q -o DPkg::Lock::Timeout=300 update &&
        _as_root apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
}

# Install those of the packages that are missing.
ensure_packages() { # packages...
    [[ ${SARABAN_SKIP_PACKAGES:-} == 1 ]] && return
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 || fail \
        "There is no apt here. Saraban is made for Debian 12: install what corresponds to: $* — then run this again with SARABAN_SKIP_PACKAGES=1." \
        "เครื่องนี้ไม่มี apt โปรดติดตั้งชุดที่เทียบเท่ากับ: $* แล้วสั่งใหม่ด้วย SARABAN_SKIP_PACKAGES=1"
    local missing
    mapfile -t missing < <(_missing_of "$@")
    ((${#missing[@]})) || return 0
    _may_be_root || fail \
        "Packages are missing and you are not root. Ask an administrator to run: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" \
        "ยังขาดชุดโปรแกรมและท่านไม่มีสิทธิ์ผู้ดูแลเครื่อง โปรดให้ผู้ดูแลสั่งตามบรรทัดข้างบน"
    quietly "Installing Debian packages: ${missing[*]}" "กำลังติดตั้งชุดโปรแกรมของระบบ" \
        _apt_install "${missing[@]}" || fail \
        "The Debian packages could not be installed. Nothing is broken: check the line to the package mirror and run this again." \
        "ติดตั้งชุดโปรแกรมของระบบไม่ได้ ไม่มีสิ่งใดเสียหาย โปรดตรวจสอบเครือข่ายแล้วสั่งใหม่"
}

# --- the virtual environment --------------------------------------------------------------------

# Notes about the environment are kept in it: `place` where it was made (it cannot be moved),
# `busy` while packages are being put in, and for each set the hash of what was installed.
_notes() { printf '%s/.saraban' "$VENV"; }

_hash() { # files...; one hash of their contents
    cat "$@" | sha256sum | cut -d' ' -f1
}

_note_is() { # name, text
    [[ -r $(_notes)/$1 && $(<"$(_notes)/$1") == "$2" ]]
}

_note() { # name, text
    printf '%s\n' "$2" >"$(_notes)/$1.new" && mv "$(_notes)/$1.new" "$(_notes)/$1"
}

_venv_is_whole() {
    [[ -e $VENV/pyvenv.cfg && ! -e $(_notes)/busy ]] || return 1
    [[ ! -e $(_notes)/place ]] || _note_is place "$VENV" || return 1
    "$VENV/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

_make_venv() {
    local python
    if [[ -e $VENV && ! -e $VENV/pyvenv.cfg && -n $(ls -A "$VENV") ]]; then
        fail "$VENV is not a virtual environment; it was left alone. Point SARABAN_VENV elsewhere." \
            "$VENV ไม่ใช่ที่ของโปรแกรมนี้ จึงไม่แตะต้อง โปรดกำหนด SARABAN_VENV เป็นที่อื่น"
    fi
    python=$(find_python) || fail \
        "No Python of version 3.11 or later that can make virtual environments. Debian 12 has one; on other systems install it and name it in SARABAN_PYTHON." \
        "ไม่พบ Python รุ่น 3.11 ขึ้นไป โปรดติดตั้งแล้วระบุใน SARABAN_PYTHON"
    quietly "Making the virtual environment in $VENV" "กำลังสร้างที่ติดตั้งโปรแกรม" \
        "$python" -m venv --clear "$VENV" || fail \
        "The virtual environment could not be made; the reason is above." \
        "สร้างที่ติดตั้งโปรแกรมไม่ได้ เหตุผลอยู่ข้างบน"
}

_pip() { # arguments of pip install...
    "$VENV/bin/python" -m pip --disable-pip-version-check --no-input install "$@"
}

_install_locked() { # lock file
    # What builds from source comes first and locked too, so nothing is ever fetched unhashed.
    _pip --require-hashes -r "$ROOT/requirements-build.lock" &&
        _pip --require-hashes --no-build-isolation -r "$1"
}

_install_set() { # runtime | dev, hash wanted
    local lock=$ROOT/requirements.lock
    [[ $1 == dev ]] && lock=$ROOT/requirements-dev.lock
    mkdir -p "$(_notes)" && _note place "$VENV" && _note busy "$1"
    quietly "Installing the locked Python packages (some are compiled; a few minutes the first time)" \
        "กำลังติดตั้งชุดโปรแกรม Python (ครั้งแรกใช้เวลาหลายนาที)" _install_locked "$lock" || fail \
        "The Python packages could not be installed. Nothing is broken: check the line and run this again." \
        "ติดตั้งชุดโปรแกรม Python ไม่ได้ ไม่มีสิ่งใดเสียหาย โปรดตรวจสอบเครือข่ายแล้วสั่งใหม่"
    _note "$1" "$2"
    # The development set holds the runtime set.
    [[ $1 == dev ]] && _note runtime "$(_set_hash runtime)"
    rm "$(_notes)/busy"
}

_set_hash() { # runtime | dev
    case $1 in
        dev) _hash "$ROOT/requirements-build.lock" "$ROOT/requirements-dev.lock" ;;
        *) _hash "$ROOT/requirements-build.lock" "$ROOT/requirements.lock" ;;
    esac
}

# Make the virtual environment hold the locked packages and this checkout.
ensure_venv() { # runtime | dev
    local lock wanted project
    # One at a time: two scripts started together would install into each other.
    exec {lock}<"$ROOT/scripts/lib.sh"
    flock "$lock"
    _venv_is_whole || _make_venv
    wanted=$(_set_hash "$1")
    _note_is "$1" "$wanted" || _install_set "$1" "$wanted"
    project="$(_hash "$ROOT/pyproject.toml") $ROOT"
    if ! _note_is project "$project"; then
        quietly "Installing Saraban from this checkout" "กำลังติดตั้งสารบรรณจากที่นี่" \
            _pip --no-deps --no-build-isolation -e "$ROOT" || fail \
            "This checkout could not be installed; the reason is above." \
            "ติดตั้งโปรแกรมจากที่นี่ไม่ได้ เหตุผลอยู่ข้างบน"
        _note project "$project"
    fi
    flock -u "$lock" && exec {lock}<&-
}

# --- npm packages of the tests --------------------------------------------------------------------

ensure_npm() {
    local folder=$ROOT/tests/js wanted
    wanted=$(_hash "$folder/package-lock.json")
    [[ -r $folder/node_modules/.saraban && $(<"$folder/node_modules/.saraban") == "$wanted" ]] && return
    # No package's own install script runs: what is needed comes ready in the packages.
    quietly "Installing the npm packages of the tests" "กำลังติดตั้งชุดโปรแกรม npm สำหรับทดสอบ" \
        npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund || fail \
        "The npm packages could not be installed. Nothing is broken: check the line and run this again." \
        "ติดตั้งชุดโปรแกรม npm ไม่ได้ ไม่มีสิ่งใดเสียหาย โปรดตรวจสอบเครือข่ายแล้วสั่งใหม่"
    printf '%s\n' "$wanted" >"$folder/node_modules/.saraban"
}

# --- what the scripts call ------------------------------------------------------------------------

_run_packages() {
    find_python >/dev/null || printf '%s\n' "${PYTHON_PACKAGES[@]}"
    printf '%s\n' "${RUN_PACKAGES[@]}"
}

_test_packages() {
    _run_packages
    printf '%s\n' "${TEST_PACKAGES[@]}"
    command -v chromium >/dev/null 2>&1 || printf '%s\n' "${CHROMIUM_PACKAGES[@]}"
    _good_node || printf '%s\n' "${NODE_PACKAGES[@]}"
}

_setup() { # function that names the packages, runtime | dev
    local packages
    mapfile -t packages < <("$1")
    ensure_packages "${packages[@]}"
    ensure_venv "$2"
}

setup_runtime() { # to run Saraban
    _setup _run_packages runtime
}

setup_dev() { # to check and unit-test it
    _setup _run_packages dev
}

setup_tests() { # to run every test
    _setup _test_packages dev
    ensure_npm
}

# --- the checks that scripts/check and scripts/test share -----------------------------------------

FAILED=()

step() { # name, command...; runs it from the checkout's top, remembers whether it failed
    local name=$1 started=$SECONDS
    shift
    if (cd "$ROOT" && "$@"); then
        printf '✓ %s (%d s)\n' "$name" $((SECONDS - started)) >&2
    else
        printf '✗ %s (%d s)\n' "$name" $((SECONDS - started)) >&2
        FAILED+=("$name")
    fi
}

lint() { # fastest first
    step "format" "$VENV/bin/ruff" format --check .
    step "lint" "$VENV/bin/ruff" check --quiet .
    step "imports" _lint_imports
    step "types" "$VENV/bin/mypy" --no-error-summary
}

_lint_imports() {
    local told
    told=$("$VENV/bin/lint-imports" --no-logo 2>&1) || { printf '%s\n' "$told" >&2; return 1; }
}

verdict() { # exit 0 only if every step passed
    ((${#FAILED[@]} == 0)) || fail "Failed: ${FAILED[*]}" "ไม่ผ่าน: ${FAILED[*]}"
}
