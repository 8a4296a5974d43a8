import { expect, it } from 'vitest'
import { isGreeting } from './greeting.ts'

it.each([
  'hi',
  'Hello!',
  ' hey there ',
  'Thanks a lot!',
  'thank you 🙏',
  'Hallo',
  'Danke schön.',
  'Bonjour, merci !',
  'gracias',
  'olá',
  'ciao',
  'مرحبا',
  '你好',
  '你好，谢谢',
])('%j greets', (message) => expect(isGreeting(message)).toBe(true))

it.each([
  'hi, how long do refunds take?',
  'highway',
  'hello kitty shirts',
  'no thanks to your delivery',
  'Who is Danke?',
  '',
  `${'hi '.repeat(400)}`,
  '你好吗退款',
])('%j is a question like any other', (message) => expect(isGreeting(message)).toBe(false))
