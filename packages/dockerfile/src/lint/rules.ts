import { goQuote } from '../text/go-quote.js'

/** A lint rule as a value. `format` makes the message of one finding. */
export interface LintRule<Args extends readonly string[] = readonly string[]> {
  readonly name: string
  readonly description: string
  /** Our own page about the rule. */
  readonly url: string
  /** Off unless `# check=experimental=NAME` (or `all`) asks for it. */
  readonly experimental: boolean
  /** Not one of the reference's: only `lintDockerfile` runs it, and only where asked to. */
  readonly own: boolean
  format(...args: Args): string
}

/** Where the pages of the rules are. */
const RULE_PAGES = 'https://github.com/layerwright/layerwright/blob/main/docs/rules/'

function rule<Args extends readonly string[]>(
  name: string,
  description: string,
  format: (...args: Args) => string,
  options: { experimental?: boolean; own?: boolean } = {},
): LintRule<Args> {
  return {
    name,
    description,
    url: `${RULE_PAGES}${name}.md`,
    experimental: options.experimental ?? false,
    own: options.own ?? false,
    format,
  }
}

const meant = (suggestion: string, sign = '') => (suggestion === '' ? '' : ` (did you mean ${sign}${suggestion}?)`)

export const rules = {
  stageNameCasing: rule('StageNameCasing', 'Stage names should be lowercase', (name: string) => `Stage name '${name}' should be lowercase`),
  fromAsCasing: rule(
    'FromAsCasing',
    "The 'as' keyword should match the case of the 'from' keyword",
    (from: string, as: string) => `'${as}' and '${from}' keywords' casing do not match`,
  ),
  noEmptyContinuation: rule(
    'NoEmptyContinuation',
    'Empty continuation lines will become errors in a future release',
    () => 'Empty continuation line',
  ),
  consistentInstructionCasing: rule(
    'ConsistentInstructionCasing',
    'All commands within the Dockerfile should use the same casing (either upper or lower)',
    (keyword: string, casing: string) => `Command '${keyword}' should match the case of the command majority (${casing})`,
  ),
  duplicateStageName: rule(
    'DuplicateStageName',
    'Stage names should be unique',
    (name: string) => `Duplicate stage name ${goQuote(name)}, stage names should be unique`,
  ),
  reservedStageName: rule(
    'ReservedStageName',
    'Reserved words should not be used as stage names',
    (name: string) => `Stage name should not use the same name as reserved stage ${goQuote(name)}`,
  ),
  jsonArgsRecommended: rule(
    'JSONArgsRecommended',
    'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    (keyword: string) => `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
  ),
  maintainerDeprecated: rule(
    'MaintainerDeprecated',
    'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    () => 'Maintainer instruction is deprecated in favor of using label',
  ),
  undefinedArgInFrom: rule(
    'UndefinedArgInFrom',
    'FROM command must use declared ARGs',
    (name: string, suggestion: string) => `FROM argument '${name}' is not declared${meant(suggestion)}`,
  ),
  workdirRelativePath: rule(
    'WorkdirRelativePath',
    'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    (path: string) => `Relative workdir ${goQuote(path)} can have unexpected results if the base image changes`,
  ),
  undefinedVar: rule(
    'UndefinedVar',
    'Variables should be defined before their use',
    (name: string, suggestion: string) => `Usage of undefined variable '$${name}'${meant(suggestion, '$')}`,
  ),
  multipleInstructionsDisallowed: rule(
    'MultipleInstructionsDisallowed',
    'Multiple instructions of the same type should not be used in the same stage',
    (keyword: string) => `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
  ),
  legacyKeyValueFormat: rule(
    'LegacyKeyValueFormat',
    'Legacy key/value format with whitespace separator should not be used',
    (keyword: string) => `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
  ),
  invalidBaseImagePlatform: rule(
    'InvalidBaseImagePlatform',
    'Base image platform does not match expected target platform',
    (image: string, expected: string, actual: string) =>
      `Base image ${image} was pulled with platform ${goQuote(actual)}, expected ${goQuote(expected)} for current build`,
  ),
  redundantTargetPlatform: rule(
    'RedundantTargetPlatform',
    'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    (written: string) => `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`,
  ),
  secretsUsedInArgOrEnv: rule(
    'SecretsUsedInArgOrEnv',
    'Sensitive data should not be used in the ARG or ENV commands',
    (instruction: string, key: string) => `Do not use ARG or ENV instructions for sensitive data (${instruction} ${goQuote(key)})`,
  ),
  invalidDefaultArgInFrom: rule(
    'InvalidDefaultArgInFrom',
    'Default value for global ARG results in an empty or invalid base image name',
    (base: string) => `Default value for ARG ${base} results in empty or invalid base image name`,
  ),
  fromPlatformFlagConstDisallowed: rule(
    'FromPlatformFlagConstDisallowed',
    'FROM --platform flag should not use a constant value',
    (platform: string) => `FROM --platform flag should not use constant value ${goQuote(platform)}`,
  ),
  copyIgnoredFile: rule(
    'CopyIgnoredFile',
    'Attempting to Copy file that is excluded by .dockerignore',
    (verb: string, file: string) => `Attempting to ${verb} file ${goQuote(file)} that is excluded by .dockerignore`,
  ),
  invalidDefinitionDescription: rule(
    'InvalidDefinitionDescription',
    'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
    (instruction: string, name: string) => `Comment for ${instruction} should follow the format: \`# ${name} <description>\``,
    { experimental: true },
  ),
  exposeProtoCasing: rule(
    'ExposeProtoCasing',
    'Protocol in EXPOSE instruction should be lowercase',
    (port: string) => `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
  ),
  exposeInvalidFormat: rule(
    'ExposeInvalidFormat',
    'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
    (port: string) => `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
  ),
  copyBeforeInstall: rule(
    'CopyBeforeInstall',
    'A broad COPY above a dependency install makes every change of the context run the install again',
    (source: string, command: string) =>
      `'${source}' is copied before '${command}': copy the files that list the dependencies first, install, then copy the rest`,
    { own: true },
  ),
  copyUpDoubling: rule(
    'CopyUpDoubling',
    'A recursive chown or chmod in its own RUN stores every file it touches a second time',
    (command: string) =>
      `'${command}' stores the files again in a layer of its own: set owner and mode where they are made (COPY --chown, --chmod)`,
    { own: true },
  ),
  linkResetsParents: rule(
    'LinkResetsParents',
    'COPY --link makes the parent directories of its destination anew, as root with mode 0755',
    (dest: string, earlier: string) => `COPY --link to '${dest}' resets owner and mode that line ${earlier} gave to a directory above it`,
    { own: true },
  ),
} as const

/** All rules by name: the reference's 22 and our own. */
export const lintRules: ReadonlyMap<string, LintRule> = new Map(
  Object.values(rules).map((value) => [value.name, value as LintRule<readonly string[]>]),
)
