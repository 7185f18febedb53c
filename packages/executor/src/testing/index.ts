export type { ExecutorFixture, TestRunner } from './harness.js'
export { executorSuite } from './suite.js'
