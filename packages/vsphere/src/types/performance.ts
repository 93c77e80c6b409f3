// Performance counters: which there are, and their samples.
import { dataTypes, methods } from './notation.ts'

export const performanceTypes = dataTypes({
  PerformanceDescription: {
    counterType: 'any ElementDescription[]',
    statsType: 'any ElementDescription[]',
  },
  PerfInterval: {
    key: 'int',
    samplingPeriod: 'int',
    name: 'string',
    length: 'int',
    level: 'int?',
    enabled: 'boolean',
  },
  PerfCounterInfo: {
    key: 'int',
    nameInfo: 'any ElementDescription',
    groupInfo: 'any ElementDescription',
    unitInfo: 'any ElementDescription',
    rollupType: 'PerfSummaryType',
    statsType: 'PerfStatsType',
    level: 'int?',
    perDeviceLevel: 'int?',
    associatedCounterId: 'int[]?',
  },
  PerfProviderSummary: {
    entity: 'ref',
    currentSupported: 'boolean',
    summarySupported: 'boolean',
    refreshRate: 'int?',
  },
  PerfMetricId: {
    counterId: 'int',
    instance: 'string',
  },
  PerfQuerySpec: {
    entity: 'ref',
    startTime: 'dateTime?',
    endTime: 'dateTime?',
    maxSample: 'int?',
    metricId: 'PerfMetricId[]?',
    intervalId: 'int?',
    format: 'string?',
  },
  PerfSampleInfo: {
    timestamp: 'dateTime',
    interval: 'int',
  },
  PerfEntityMetricBase: {
    entity: 'ref',
  },
  PerfEntityMetric: {
    $extends: 'PerfEntityMetricBase',
    sampleInfo: 'PerfSampleInfo[]?',
    value: 'any PerfMetricSeries[]?',
  },
  PerfMetricSeries: {
    id: 'PerfMetricId',
  },
  PerfMetricIntSeries: {
    $extends: 'PerfMetricSeries',
    value: 'long[]?',
  },
})

export const performanceMethods = methods({
  QueryPerfProviderSummary: {
    $on: 'PerformanceManager',
    entity: 'ref',
    $returns: 'PerfProviderSummary',
  },
  QueryAvailablePerfMetric: {
    $on: 'PerformanceManager',
    entity: 'ref',
    beginTime: 'dateTime?',
    endTime: 'dateTime?',
    intervalId: 'int?',
    $returns: 'PerfMetricId[]?',
  },
  QueryPerfCounter: {
    $on: 'PerformanceManager',
    counterId: 'int[]',
    $returns: 'PerfCounterInfo[]?',
  },
  QueryPerf: {
    $on: 'PerformanceManager',
    querySpec: 'PerfQuerySpec[]',
    $returns: 'any PerfEntityMetricBase[]?',
  },
})
