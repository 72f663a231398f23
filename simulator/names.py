"""Name lists, written for this simulator: common Javanese and Indonesian given names, older and younger fashion.

`draw` joins one to three words; no combination stands for a real person.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_MALE_OLD = """SUTRISNO SUPARMAN SLAMET SUGENG BAMBANG SUKARDI SUMARNO WAGIMAN PAIMIN KASMURI SUWARNO MULYONO HARYANTO
SUNARTO SUBANDI SUPRIYADI JOKO AGUS HERU EKO DWI TRI BUDI HARI EDY IMAM MOCH ABDUL ACHMAD MUHAMMAD NUR SAMSUL KHOIRUL
MISBAHUL ZAINAL ANWAR SYAIFUL HASAN USMAN UMAR MAKSUM ROKHIM SOLIKIN MASHUDI KUSNAN DJUMADI SARIP TARMUJI WARSITO
YULIANTO WIDODO PURNOMO GATOT TEGUH WAHYU SIGIT TOTOK DIDIK RUDI ANDI DARMAWAN HENDRO SUBAGYO KARNO PONIMAN NGATEMAN
RUSDI FATKHUR GUNAWAN ISMAIL YUSUF IBRAHIM LUKMAN MARZUKI NASIR RAHMAT TAUFIK YAKUB""".split()
_FEMALE_OLD = """SITI SRI SULASTRI SUMIATI SUTINI PONIRAH NGATMINI KASIYATI MUNAWAROH CHOTIMAH MUSLIMAH ASIYAH AMINAH
KHODIJAH UMI NUR ENDANG DEWI RINI YULI LILIK TITIK ENI ERNA TUTIK WIWIK DWI TRI EKA RATNA INDAH LULUK MASRUROH MAIMUNAH
ROKHANA SUPARTI SUKARTI MARIYAM JUMIATI KARTINI WATINI SULIKAH MISTI TUMINAH SUPIYAH MURTININGSIH SUHARTI HARTATIK
ANIK ISTIQOMAH MUJIATI NANIK NINIK SETYOWATI SUNARTI WIJI ZULAIKHA FATIMAH HALIMAH RUKMINI SUNDARI YATMI DARMI""".split()
_MALE_NEW = """MUHAMMAD AHMAD RIZKY FAJAR DIMAS BAYU ARIF RIFKI ILHAM REZA ADITYA GALIH BAGUS YOGA DAFFA RAFA RAKA ALIF
FAHRI HAIKAL NAUFAL ZAKI AZKA RAYHAN ARKA KENZO ALVARO ABIMANYU BIMA DENNY FERDI GILANG HAFIDZ IRFAN JOVAN KEVIN LUTFI
MAULANA NABIL OKTAVIAN PANDU RENDI SATRIA TEGAR VINO WISNU YUDHA ZIDAN FARREL ATHALLAH GIBRAN RADITYA FAIZ ANDIKA
DWIKI EZRA FIRMAN GHANI HABIB IQBAL KRISNA""".split()
_FEMALE_NEW = """NABILA PUTRI AISYAH ZAHRA NAURA SALSABILA AMELIA DINDA FITRI INTAN LARAS MAYA NADIA OLIVIA PRISKA RANI
SEKAR TIARA VANIA WULAN YASMIN ZASKIA ALYA BUNGA CITRA DIAN ELSA FARAH GITA HANIFAH IZZATUL JIHAN KIRANA LAILA MEGA
NISA QONITA RAHMA SHAFIRA TALITHA ULFA VIRA WIDYA ALMIRA ANINDYA ARUMI AQILA CAHYA DEVI ELVINA FELICIA HUMAIRA INARA
KEISHA LUNA MIKAYLA NAYLA RISKA SINTA""".split()
_MALE_LAST = """SANTOSO WIBOWO PRASETYO HIDAYAT SETIAWAN KURNIAWAN SAPUTRA PRATAMA NUGROHO WICAKSONO FIRMANSYAH RAMADHAN
HAKIM ARIFIN MAULANA SUSANTO HARTONO WIJAYA UTOMO PURWANTO SUBAGIO ISKANDAR EFENDI ROHMAN FAUZI SYAHPUTRA AL FATIH
BASUKI HANDOKO LAKSONO MAHENDRA NURCAHYO PERMANA RIYANTO SUDIBYO TRIYONO WAHYUDI YUDIANTO ZAINURI""".split()
_FEMALE_LAST = """RAHAYU LESTARI WAHYUNI HANDAYANI PUSPITASARI ANGGRAENI KUSUMAWATI WULANDARI MAHARANI PERMATASARI AZZAHRA
RAMADHANI OKTAVIA NINGSIH FITRIANI AGUSTINA KHASANAH MAULIDIA SAFITRI NURHAYATI INDRAWATI ROSYIDAH HIDAYATI UTAMI
PRATIWI SETYANINGRUM SUSANTI YULIANA ZULFA CAHYANI DAMAYANTI ERNAWATI HERAWATI ISNAINI KARTIKA MUFIDAH""".split()
_MALE_LAST = [n for n in _MALE_LAST if len(n) > 2]
STREETS = """RAYA MERDEKA MASJID KENANGA MELATI MAWAR ANGGREK DAHLIA FLAMBOYAN CEMPAKA TERATAI PAHLAWAN DIPONEGORO KARTINI
SUDIRMAN GAJAH_MADA HAYAM_WURUK MAJAPAHIT BRANTAS PORONG GAJAH_MUNGKUR SUNAN_AMPEL SUNAN_GIRI SUNAN_KALIJAGA RADEN_PATAH
JENGGOLO YOS_SUDARSO A_YANI GATOT_SUBROTO VETERAN PEMUDA TUNJUNG BALAI_DESA PASAR KAMPUNG_BARU SAWO MANGGA JAMBU""".split()
STREETS = ["JL " + s.replace("_", " ") for s in STREETS]
ESTATES = "GRAHA PURI PERUM_GRIYA TAMAN PONDOK BUMI PERMATA".replace("PERUM_GRIYA", "GRIYA").split()
HAMLETS = "KRAJAN WETAN KULON LOR KIDUL TENGAH PANDAN NGEMPLAK SUMBER JATI PULO BALONG".split()

_CODES = {"tua_l": _MALE_OLD, "tua_p": _FEMALE_OLD, "muda_l": _MALE_NEW, "muda_p": _FEMALE_NEW}


def _take(words: list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))


def draw(rng: np.random.Generator, female: NDArray[np.bool_], birth_year: NDArray[np.int64]) -> pa.Array:
    """Full names in capitals, shape (n,): fashion by birth year, one word more often among the old."""
    n = len(female)
    young = rng.random(n) < np.clip((birth_year - 1965) / 35, 0.02, 0.98)
    first = np.empty(n, dtype=object)
    second = np.empty(n, dtype=object)
    for is_young in (False, True):
        for is_female in (False, True):
            words = _CODES[("muda_" if is_young else "tua_") + ("p" if is_female else "l")]
            last = _FEMALE_LAST if is_female else _MALE_LAST
            mask = (young == is_young) & (female == is_female)
            count = int(mask.sum())
            one = (len(words) * rng.random(count) ** 1.6).astype(np.int64)
            two = rng.integers(0, len(last), count)
            middle = rng.integers(0, len(words), count)
            roll = rng.random(count)
            first[mask] = np.array(words, dtype=object)[one]
            joined = np.where(
                roll < 0.18, np.array(words, dtype=object)[middle],
                np.array(last, dtype=object)[two],
            )  # fmt: skip
            single = (rng.random(count) < (0.03 if is_young else 0.3)) | (joined == first[mask])
            second[mask] = np.where(single, None, joined)
    third_index = rng.integers(0, 40, n)
    extra = rng.random(n) < np.where(young, 0.22, 0.02)
    third = np.where(
        extra & np.not_equal(second, None),
        np.where(female, np.array(_FEMALE_LAST, dtype=object)[third_index % len(_FEMALE_LAST)],
                 np.array(_MALE_LAST, dtype=object)[third_index % len(_MALE_LAST)]),
        None,
    )  # fmt: skip
    third = np.where(third == second, None, third)
    return pc.binary_join_element_wise(
        pa.array(first, pa.string()), pa.array(second, pa.string()), pa.array(third, pa.string()), " ",
        null_handling="skip",
    )  # fmt: skip


def addresses(rng: np.random.Generator, n: int, urban: float, longest: int) -> pa.Array:
    """Street addresses without RT/RW, shape (n,), at most `longest` characters."""
    number = pc.cast(pa.array(rng.integers(1, 190, n)), pa.string())
    street = pc.binary_join_element_wise(_take(STREETS, rng.integers(0, len(STREETS), n)), number, " NO ")
    block = _take(list("ABCDEFGHJK"), rng.integers(0, 10, n))
    estate = pc.binary_join_element_wise(
        pc.binary_join_element_wise(
            _take(ESTATES, rng.integers(0, len(ESTATES), n)), _take(["ASRI", "INDAH", "SEJAHTERA"], rng.integers(0, 3, n)), " "
        ),
        block, number, " ",
    )  # fmt: skip
    hamlet = pc.binary_join_element_wise(
        pa.array(["DSN"] * n, pa.string()), _take(HAMLETS, rng.integers(0, len(HAMLETS), n)), " "
    )
    roll = rng.random(n)
    town = pa.array(roll < 0.35 * urban)
    field = pa.array(roll > 1 - 0.6 * (1 - urban))
    return pc.utf8_slice_codeunits(pc.if_else(town, estate, pc.if_else(field, hamlet, street)), 0, longest)
