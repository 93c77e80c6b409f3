export { createCertificate } from './certificate.ts'
