export { pathologicalDockerfiles, pathologicalIgnoreFiles } from './language/pathological.js'
export { type Measured, type MeasureOptions, measurePair, type Timing, type Work } from './measure.js'
export { type BenchReport, type BenchRow, formatReport, meetsGoal, reportLine } from './report.js'
