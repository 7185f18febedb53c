export { type ExecutorFixture, executorSuite, type TestRunner } from './suite.js'
