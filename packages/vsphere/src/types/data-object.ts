// TypeScript's view of the tables: data objects as interfaces made from them, the rest inferred.
import type { DataObjects, Families } from './interfaces.ts'
import type { Scalars } from './notation.ts'
import type { DataObjectTable, EnumerationTable, ManagedObjectTable, MethodTable } from './table.ts'

/** Where a managed object lives: its type and its opaque id. Ids may hold anything: `vm-42`, `session[52a3…]52b1…`. */
export interface ManagedObjectReference {
  readonly type: string
  readonly value: string
}

/** An element nobody here declared: a newer server's field, or a type we leave opaque. */
export interface UnknownElement {
  readonly name: string
  /** The element as it came, its tags included, and the namespaces it needs declared on it. */
  readonly xml: string
}

/** Where a decoded object keeps the elements its type does not declare. */
export const unknownElements: unique symbol = Symbol('elements the table does not declare')

/** An object of an undeclared type. */
export interface Opaque {
  readonly $type?: string
  readonly [unknownElements]?: readonly UnknownElement[]
}

/** A value of `xsd:anyType` whose type on the wire must be named: a date, a short, an array. */
export interface TypedValue {
  /** `xsd:dateTime`, `ArrayOfVirtualDevice`, `ManagedEntityStatus`. */
  readonly $type: string
  readonly $value: unknown
}

export type DataObjectName = keyof DataObjectTable
export type EnumerationName = keyof EnumerationTable
export type ManagedObjectName = keyof ManagedObjectTable
export type MethodName = keyof MethodTable

export type Enumeration<N extends EnumerationName> = EnumerationTable[N][number]

/** The names of a type and of everything derived from it. */
export type Derived<B extends DataObjectName> = B extends keyof Families ? Families[B] : B

type Shape<F> = {
  readonly [K in keyof F as F[K] extends `${string}?` ? never : K]: FieldValue<F[K]>
} & {
  readonly [K in keyof F as F[K] extends `${string}?` ? K : never]?: FieldValue<F[K]> | undefined
}

/** A data object of exactly this type. Elements a newer server adds are kept under {@link unknownElements}. */
export type DataObject<N extends DataObjectName> = DataObjects[N]

/** A data object of this type or one derived from it, told apart by `$type`. A newer server may send names unknown here. */
export type AnyOf<B extends DataObjectName> = {
  [N in Derived<B>]: { readonly $type: N } & DataObjects[N]
}[Derived<B>]

type Item<T> = T extends keyof Scalars
  ? Scalars[T]
  : T extends 'ref'
    ? ManagedObjectReference
    : T extends 'any'
      ? unknown
      : T extends `any ${infer B extends DataObjectName}`
        ? AnyOf<B>
        : T extends `opaque ${string}`
          ? Opaque
          : T extends EnumerationName
            ? Enumeration<T>
            : T extends DataObjectName
              ? DataObject<T>
              : never

/** The JavaScript value of a field as {@link notation} writes it. */
export type FieldValue<S> = S extends `${infer T}[]?`
  ? readonly Item<T>[]
  : S extends `${infer T}[]`
    ? readonly Item<T>[]
    : S extends `${infer T}?`
      ? Item<T>
      : Item<S>

type Parameters<M extends MethodName> = Omit<MethodTable[M], '$on' | '$returns'>

/** A method's arguments, `_this` first. */
export type Request<M extends MethodName> = { readonly _this: ManagedObjectReference } & Shape<Parameters<M>>

/** What a method answers; `undefined` where it may answer nothing, `void` where it never does. */
export type Response<M extends MethodName> = MethodTable[M] extends { readonly $returns: infer R }
  ? R extends `${string}[]?`
    ? FieldValue<R>
    : R extends `${string}?`
      ? FieldValue<R> | undefined
      : FieldValue<R>
  : void

type ManagedBase<N extends ManagedObjectName> = ManagedObjectTable[N] extends {
  readonly $extends: infer B extends ManagedObjectName
}
  ? B
  : never

type Properties<N extends ManagedObjectName> = [ManagedBase<N>] extends [never]
  ? Omit<ManagedObjectTable[N], '$extends'>
  : Properties<ManagedBase<N>> & Omit<ManagedObjectTable[N], '$extends'>

/** A managed object's properties. */
export type ManagedObject<N extends ManagedObjectName> = Shape<Properties<N>>

type Step<V, P extends string> = P extends `${infer K}.${infer Rest}`
  ? V extends { readonly [X in K]?: infer W }
    ? Step<NonNullable<W>, Rest>
    : unknown
  : V extends { readonly [X in P]?: infer W }
    ? NonNullable<W>
    : unknown

/** What a property path leads to: `PropertyAt<'VirtualMachine', 'config.hardware.device'>`; `unknown` where the table ends. */
export type PropertyAt<N extends ManagedObjectName, Path extends string> = Step<ManagedObject<N>, Path>
