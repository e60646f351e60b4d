"""Codes that people type and discounts that apply by themselves: what each gives, for which tickets, how often.

Nouns: PromoCode, CodeBatch, CodeRecipient, CodeUse; AutomaticDiscount. Verbs: `add_code, change_code, stop_code, make_batch,
import_codes, note_use`, and `add_discount, change_discount, remove_discount`. How often a code may be used in all is a pool
of places (`inventory.uses`); it never counts, prices or holds itself: `checkout.codes` composes that.

Affiliates: AffiliateProgramme, EventCommission, Affiliate, AffiliateClick; `set_programme, add_affiliate, move_affiliate,
count_click`, and what a commission is (`promotions.commission`) and whose a sale is (`promotions.touches`) as pure functions. It
knows no orders: `checkout.affiliates` decides, the ledger has what was earned.
"""
