/** Programs that people expect in a RUN and that only a real system has, with the reason a refusal gives. */
const packages = 'package managers install binaries and run their scripts'
const language = 'it is a language runtime, which only a real system has'
const compiler = 'compilers and build tools are binaries'
const network = 'it needs the network, which a simulated RUN does not have'

export const unsupportedPrograms: ReadonlyMap<string, string> = new Map([
  ...['apt', 'apt-get', 'apt-cache', 'apt-key', 'aptitude', 'dpkg', 'apk', 'yum', 'dnf', 'microdnf', 'rpm', 'zypper', 'pacman', 'emerge', 'brew', 'snap', 'flatpak', 'tdnf', 'opkg'].map((name) => [name, packages] as const),
  ...['npm', 'npx', 'yarn', 'pnpm', 'corepack', 'bun', 'bunx', 'pip', 'pip3', 'pipx', 'poetry', 'uv', 'conda', 'mamba', 'gem', 'bundle', 'bundler', 'composer', 'cargo', 'rustup', 'mvn', 'gradle', 'sbt', 'nuget', 'luarocks', 'cpan', 'cpanm', 'mix', 'cabal', 'stack', 'opam', 'pecl', 'docker-php-ext-install', 'docker-php-ext-enable', 'docker-php-ext-configure'].map((name) => [name, packages] as const),
  ...['node', 'nodejs', 'python', 'python2', 'python3', 'ruby', 'perl', 'php', 'java', 'deno', 'go', 'dotnet', 'R', 'Rscript', 'lua', 'erl', 'elixir', 'ghc', 'julia', 'tclsh'].map((name) => [name, language] as const),
  ...['gcc', 'g++', 'cc', 'c++', 'clang', 'ld', 'as', 'ar', 'make', 'gmake', 'cmake', 'ninja', 'meson', 'autoconf', 'automake', 'autoreconf', 'configure', 'rustc', 'javac', 'tsc', 'strip', 'pkg-config', 'patchelf'].map((name) => [name, compiler] as const),
  ...['curl', 'wget', 'git', 'ssh', 'scp', 'rsync', 'svn', 'hg', 'nc', 'ping', 'nslookup', 'dig', 'gpg', 'gpg2', 'openssl', 'telnet', 'ftp'].map((name) => [name, network] as const),
  ...['systemctl', 'service', 'mount', 'umount', 'iptables', 'modprobe', 'sysctl', 'ip', 'ifconfig', 'losetup', 'mkfs', 'docker', 'podman', 'crontab', 'update-rc.d'].map((name) => [name, 'it needs a running system'] as const),
  ...['df', 'lsblk'].map((name) => [name, 'a simulated tree lies on no disk whose size it could tell'] as const),
  ...['shuf'].map((name) => [name, 'its order is another one each time'] as const),
  ...['vi', 'vim', 'nano', 'emacs', 'less', 'more', 'man', 'top', 'htop', 'tmux', 'screen'].map((name) => [name, 'it is interactive'] as const),
  ...['ldconfig', 'ldd', 'locale-gen', 'localedef', 'update-ca-certificates', 'update-alternatives', 'dpkg-reconfigure', 'setcap', 'debconf-set-selections', 'add-apt-repository', 'update-locale', 'fc-cache', 'a2enmod', 'a2ensite', 'a2dissite', 'psql', 'mysql', 'mysqld', 'sqlite3', 'nginx', 'supervisord', 'tini', 'ps', 'free', 'sudo', 'chpasswd', 'passwd', 'unzip', 'zip', '7z', 'xz', 'unxz', 'bzip2', 'bunzip2', 'zstd'].map((name) => [name, 'it is a binary, which the simulated shell has no command for'] as const),
  ...['users', 'pinky', 'fmt', 'pr', 'ptx', 'stty', 'chcon', 'dir', 'basenc', 'runcon', 'numfmt', 'b2sum', 'sha224sum', 'vdir', 'pathchk', 'shred', 'hostid', 'dircolors', 'look', 'script', 'flock', 'rename', 'lsof', 'file', 'strings', 'readelf', 'objdump', 'nm', 'vmstat', 'uptime', 'w', 'last', 'pgrep', 'pkill', 'killall', 'cal', 'ed', 'ex', 'dc', 'm4', 'bison', 'flex', 'xmllint', 'xsltproc', 'yq', 'gettext', 'iconv', 'locale', 'newuidmap', 'chage', 'chsh', 'newgrp', 'visudo', 'logger', 'lsmod', 'fuser', 'cpio', 'zipinfo', 'lz4', 'lzma', 'bzcat', 'xzcat', 'zgrep', 'zdiff', 'sdiff', 'diff3'].map((name) => [name, 'the simulated shell has no command of that name'] as const),
]) // biome-ignore format: a table

/** Names of programs that the simulated shell refuses with a reason wherever a tree has them, sorted. */
export const unsupportedNames: readonly string[] = [...unsupportedPrograms.keys()].sort()
