// The registry of the oracle's lint and convert rows: every reference resolves, and the last part of its path says to what.

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const runConfig = {
  windowsonly: () => ({ Cmd: ['cmd.exe'] }),
  nopath: () => ({}),
  withshell: () => ({ Env: [PATH], Cmd: ['/bin/sh'], Shell: ['/bin/bash', '-o', 'pipefail', '-c'] }),
  withonbuild: () => ({ Env: [PATH], Cmd: ['/bin/sh'], OnBuild: ['COPY . /app', 'RUN echo $FOO built', 'ENV ONB=1'] }),
  withconfig: () => ({
    Env: ['PATH=/opt/bin:/bin', 'BASEVAR=base value', 'EMPTYVAR='],
    User: '1000:1000',
    WorkingDir: '/base/dir',
    Entrypoint: ['/entry.sh'],
    Labels: { 'base.label': '1' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    StopSignal: 'SIGQUIT',
    Cmd: ['/bin/sh'],
  }),
}

/** `base` of the options of resolveDockerfile. */
export async function base(reference, platform) {
  const special = reference
    .split('@')[0]
    .replace(/:[^/:]*$/, '')
    .split('/')
    .at(-1)
  if (special === 'missing') throw new Error(`${reference}: not found`)
  const os = special === 'windowsonly' ? 'windows' : special === 'arm64only' ? 'linux' : platform.os
  const architecture = special === 'windowsonly' ? 'amd64' : special === 'arm64only' ? 'arm64' : platform.architecture
  const variant = special === 'windowsonly' || special === 'arm64only' ? undefined : platform.variant
  const config = runConfig[special]?.() ?? { Env: [PATH], Cmd: ['/bin/sh'] }
  return {
    id: reference,
    config: {
      architecture,
      os,
      ...(variant ? { variant } : {}),
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`] },
      history: [{ created_by: 'fake base layer' }],
    },
  }
}
