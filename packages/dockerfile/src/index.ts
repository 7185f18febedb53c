export { outlineDockerfile } from './describe/outline.js'
export { listTargets } from './describe/targets.js'
export type * from './describe/types.js'
export type * from './dockerfile-types.js'
export { type DockerfileDocument, openDocument, printDocument, type Segment, stageNode, tokensOf } from './document/document.js'
export {
  insertInstruction,
  pinDigest,
  removeFlag,
  removeInstruction,
  replaceInstruction,
  setBaseImage,
  setFlag,
} from './document/edits.js'
export type { Span } from './document/source-map.js'
export type { InstructionTokens, Token } from './document/tokens.js'
export type { DocumentEditErrorCode, MountErrorCode, SyntaxErrorCode, SyntaxFault, SyntaxPhase, WordErrorCode } from './errors.js'
export { DockerfileSyntaxError, DocumentEditError, MountError, WordError } from './errors.js'
export { type ExcerptOptions, type ExcerptTarget, formatExcerpt } from './excerpt.js'
export { type FormatOptions, formatDockerfile } from './format/format.js'
export { parseMount } from './instructions/mount.js'
export type * from './instructions/mount-types.js'
export { parseBytes } from './instructions/numbers.js'
export { readInstructions } from './instructions/read.js'
export type * from './instructions/types.js'
export type { DockerfileLimits } from './limits.js'
export { defaultLimits } from './limits.js'
export { type LintError, type LintOptions, type LintResult, lintDockerfile } from './lint/lint.js'
export { type LintRule, lintRules } from './lint/rules.js'
export { type LintedFile, type SarifLog, type SarifResult, type SarifRule, toSarif } from './lint/sarif.js'
export { isSecretName } from './lint/variable-checks.js'
export { type CheckOptions, checkOptionsFor, isRuleActive, parseCheckDirective, parseCheckOptions } from './parse/check-options.js'
export { parseNodes } from './parse/nodes.js'
export type * from './parse/types.js'
export { parseDirectives, parseDockerfile, parseInstruction } from './parse.js'
export { ResolveError, type ResolveErrorCode, type ResolveFault } from './resolve/errors.js'
export { type OpenOptions, openDockerfile } from './resolve/open.js'
export { formatPlatform, normalizePlatform, parsePlatform } from './resolve/platform.js'
export { type GitSource, type SourceKind, sourceKind } from './resolve/remote-source.js'
export { resolveDockerfile } from './resolve/resolve.js'
export type * from './resolve/types.js'
export { unknownKeys } from './text/unknown-keys.js'
export { expandWord, expandWords } from './words/expand.js'
export type * from './words/types.js'
