// Asking for properties and hearing of changes.
import { dataTypes } from './notation.ts'

export const propertyCollector = dataTypes({
  PropertySpec: {
    type: 'string',
    all: 'boolean?',
    pathSet: 'string[]?',
  },
  SelectionSpec: {
    name: 'string?',
  },
  TraversalSpec: {
    $extends: 'SelectionSpec',
    type: 'string',
    path: 'string',
    skip: 'boolean?',
    selectSet: 'any SelectionSpec[]?',
  },
  ObjectSpec: {
    obj: 'ref',
    skip: 'boolean?',
    selectSet: 'any SelectionSpec[]?',
  },
  PropertyFilterSpec: {
    propSet: 'PropertySpec[]',
    objectSet: 'ObjectSpec[]',
    reportMissingObjectsInResults: 'boolean?',
  },
  RetrieveOptions: {
    maxObjects: 'int?',
  },
  RetrieveResult: {
    token: 'string?',
    objects: 'ObjectContent[]',
  },
  ObjectContent: {
    obj: 'ref',
    propSet: 'DynamicProperty[]?',
    missingSet: 'MissingProperty[]?',
  },
  MissingProperty: {
    path: 'string',
    fault: 'LocalizedMethodFault',
  },
  WaitOptions: {
    maxWaitSeconds: 'int?',
    maxObjectUpdates: 'int?',
  },
  UpdateSet: {
    version: 'string',
    filterSet: 'PropertyFilterUpdate[]?',
    truncated: 'boolean?',
  },
  PropertyFilterUpdate: {
    filter: 'ref',
    objectSet: 'ObjectUpdate[]?',
    missingSet: 'MissingObject[]?',
  },
  ObjectUpdate: {
    kind: 'ObjectUpdateKind',
    obj: 'ref',
    changeSet: 'PropertyChange[]?',
    missingSet: 'MissingProperty[]?',
  },
  PropertyChange: {
    name: 'string',
    op: 'PropertyChangeOp',
    // The reference calls it required; vCenter leaves it out when a property has become unset.
    val: 'any?',
  },
  MissingObject: {
    obj: 'ref',
    fault: 'LocalizedMethodFault',
  },
})
