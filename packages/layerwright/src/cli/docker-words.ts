/** Words of Docker's command line that this one has not, with the reason and what to do in their place. Loaded when one of them is met. */

/** Docker has such a word, and Layerwright has not. */
export class NotSupportedError extends Error {
  override readonly name = 'NotSupportedError'
  readonly code = 'NOT_SUPPORTED'
  readonly hint: string
  constructor(words: string, why: string, hint: string) {
    super(`${words}: ${why}`)
    this.hint = hint
  }
}

type Refusal = readonly [flags: string, why: string, hint: string]

const RIGHTS = 'a container has the rights that its sandbox gives, and no others can be chosen'
const RUN: readonly Refusal[] = [
  [
    '--restart',
    'there are no restart policies, because nothing watches a container when it has ended',
    'start it again with: layerwright start NAME, or let a service manager run layerwright run',
  ],
  ['--init', 'no init process is put into a container', 'let the image have one, for example tini as its ENTRYPOINT'],
  [
    '--privileged --cap-add --cap-drop --security-opt --userns --runtime --device --device-cgroup-rule --gpus --group-add --sysctl',
    RIGHTS,
    'leave it out; --executor chooses the sandbox',
  ],
  ['--pid --ipc --uts --cgroupns --cgroup-parent', 'a container has namespaces of its own', 'leave it out'],
  [
    '--health-cmd --health-interval --health-retries --health-start-period --health-start-interval --health-timeout --no-healthcheck',
    'no health checks are run, because nothing watches a container',
    'leave it out, and ask the container with: layerwright exec NAME COMMAND',
  ],
  [
    '--dns --dns-option --dns-search --domainname --ip --ip6 --link --link-local-ip --mac-address --network-alias --net-alias',
    'there are no networks between containers',
    'use --network host|none|private, --publish and --add-host',
  ],
  ['--net', 'it is called --network here', 'write --network host|none|private'],
  ['--expose', 'a port that is not published can be reached by nobody', 'publish it: -p PORT'],
  ['--log-driver --log-opt', 'the log lies in the store', 'read it with: layerwright logs NAME'],
  ['-a --attach --sig-proxy --detach-keys', 'a command in the foreground is always attached', 'leave it out, or use --detach'],
  [
    '-c --cpu-shares --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --memory-reservation --memory-swap --memory-swappiness --kernel-memory --pids-limit --oom-kill-disable --oom-score-adj --blkio-weight --blkio-weight-device --device-read-bps --device-read-iops --device-write-bps --device-write-iops --storage-opt --isolation',
    'this cannot be bounded here',
    'use --memory, --cpus, --shm-size and --ulimit',
  ],
  ['--volume-driver', 'the only driver is local', 'leave it out'],
  ['--annotation --quiet -q --use-api-socket --disable-content-trust', 'there is nothing here that it could be about', 'leave it out'],
]

const FLAGS: ReadonlyMap<string, readonly Refusal[]> = new Map<string, readonly Refusal[]>([
  ['run', RUN],
  ['create', RUN],
  [
    'exec',
    [
      ['-d --detach', 'a command that is run in a container is run in the foreground', 'put it into the background of your shell'],
      ['--privileged', RIGHTS, 'leave it out'],
      ['--detach-keys', 'a terminal is not detached from', 'leave it out'],
    ],
  ],
  [
    'build',
    [
      ['--squash', 'a build makes a layer for each step', 'make one of them afterwards: layerwright flatten'],
      ['--compress --force-rm --rm', 'there is no daemon to send a context to, and nothing of a step is left', 'leave it out'],
      ['--load', 'what is built is in the store', 'leave it out'],
      ['--iidfile --metadata-file', 'the digest is printed on standard output', 'write it to a file: layerwright build -q . > FILE'],
      ['--builder', 'there are no builders: this process builds', 'leave it out; --executor chooses what runs RUN'],
      ['--provenance --sbom --attest', 'no attestations are made', 'leave it out'],
      [
        '--isolation --cgroup-parent --cpu-shares --cpu-period --cpu-quota --cpuset-cpus --cpuset-mems --memory-swap',
        'this cannot be bounded here',
        'use --memory, --cpus and --ulimit',
      ],
    ],
  ],
  ['ps', [['-s --size', 'sizes are not worked out here', 'see layerwright system df, or layerwright diff NAME']]],
  ['commit', [['-p --pause', 'nothing is paused: files are taken as they are', 'stop the container first, or leave it out']]],
  ['rm', [['-l --link', 'there are no links between containers', 'leave it out']]],
  ['rmi', [['--no-prune', 'an image has no untagged parents here', 'leave it out']]],
  ['system df', [['-v --verbose', 'there is no longer form', 'use --json']]],
])

/** What to use in the place of a command; no hint: there is nothing like it. */
const COMMANDS: ReadonlyMap<string, readonly [why: string, hint: string]> = new Map([
  ['attach', ['a container that runs in the background cannot be attached to', 'see what it prints with: layerwright logs -f NAME']],
  ['top', ['the processes of a container are not listed from outside', 'ask in it: layerwright exec NAME ps']],
  ['stats', ['what a container uses is not measured', 'ask the machine, for example with: top or systemd-cgtop']],
  ['pause', ['containers are not paused', 'stop it: layerwright stop NAME']],
  ['unpause', ['containers are not paused', 'start it: layerwright start NAME']],
  ['update', ['a container keeps the settings that it was made with', 'make another: layerwright run with other flags']],
  ['events', ['no daemon watches', 'use layerwright wait NAME, or layerwright build --progress json']],
  ['info', ['no daemon tells of itself', 'use layerwright system df']],
  ['search', ['registries are not searched', 'use layerwright ls REPOSITORY or layerwright catalog REGISTRY']],
  ['network', ['there are no networks between containers', 'use run --network host|none|private and run --publish']],
  ['compose', ['several containers are not described in a file', 'write a script of layerwright run -d']],
  ['context', ['there are no endpoints to choose from', 'the store is named with --store; --executor docker uses DOCKER_HOST']],
  ['buildx', ['a build needs no builders', 'write layerwright build']],
  ['builder', ['the cache of builds lies in the store', 'write layerwright build, or layerwright system prune --all']],
  ['swarm', ['there is no cluster', 'share a cache over a registry: layerwright build --cache-to']],
  ['plugin', ['there are no plugins', 'see layerwright --help']],
  ['trust', ['nothing is signed', 'name images by digest']],
  ['service', ['there is no cluster', 'see layerwright run']],
  ['stack', ['there is no cluster', 'see layerwright run']],
  ['secret', ['there is no cluster that keeps secrets', 'hand one to a build: layerwright build --secret']],
])

/**
 * What to say of a flag of Docker's that a command has not; undefined: Docker has none of that name either, or it was not foreseen.
 * @param command its words, as `run` or `system df` @param flag as it was written, with a value behind `=` or not
 */
export function refusedFlag(command: string, flag: string): NotSupportedError | undefined {
  const name = flag.replace(/=.*$/s, '')
  const found = FLAGS.get(command)?.find(([names]) => names.split(' ').includes(name))
  return found && new NotSupportedError(`${command} ${name}`, found[1], found[2])
}

export function refusedCommand(command: string): NotSupportedError | undefined {
  const found = COMMANDS.get(command)
  return found && new NotSupportedError(command, found[0], found[1])
}
