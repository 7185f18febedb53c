export { storeSuite, type TestRunner } from './suite.js'
