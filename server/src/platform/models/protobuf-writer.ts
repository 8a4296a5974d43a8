/** Writes the four kinds of protobuf field that an ONNX file needs. */

const wireType = { varint: 0, bytes: 2, fixed32: 5 } as const

export class ProtobufWriter {
  readonly #parts: Buffer[] = []

  integer(field: number, value: number): this {
    return this.#varint((field << 3) | wireType.varint).#varint(value)
  }

  float(field: number, value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(value)
    return this.#varint((field << 3) | wireType.fixed32).#push(bytes)
  }

  bytes(field: number, value: Buffer): this {
    return this.#varint((field << 3) | wireType.bytes)
      .#varint(value.length)
      .#push(value)
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value))
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.toBytes())
  }

  toBytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  /** Seven bits a byte, the lowest first; a negative number as its 64-bit two's complement. */
  #varint(value: number): this {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
    return this.#push(Buffer.from(bytes))
  }

  #push(bytes: Buffer): this {
    this.#parts.push(bytes)
    return this
  }
}
