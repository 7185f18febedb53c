export { CorpusNotFoundError, ResultsDifferError } from './errors.js'
export { benchLanguage, type LanguageBenchOptions } from './language.js'
