/** Messages that ask nothing: no source answers them, and "I don't know" would be a strange thing to say. */

const words =
  /^(?:(?:hi+|hey+|hello|good (?:morning|afternoon|evening)|thanks|thank you|thx|cheers|bye|goodbye|hallo|moin|servus|guten (?:morgen|tag|abend)|danke(?: ?schön)?|vielen dank|tschüss|hola|buen[oa]s (?:días|tardes|noches)|(?:muchas )?gracias|adiós|bonjour|bonsoir|salut|merci(?: beaucoup)?|au revoir|olá|oi|bom dia|boa (?:tarde|noite)|obrigad[oa]|ciao|buongiorno|grazie|hoi|goedendag|bedankt|dank je|مرحبا|السلام عليكم|شكرا|你好|您好|谢谢|早上好|再见)(?:[\s,.!?…:)؟،，、。！？~👋🙏😊🙂-]+|(?=\p{sc=Han})|$)|(?:there|so much|very much|a lot|you|again|zusammen|again)(?:[\s,.!]+|$))+$/iu

export function isGreeting(message: string): boolean {
  return message.length <= 60 && words.test(message.trim())
}
