export type { TestRunner } from './runner.js'
export { storeSuite } from './suite.js'
