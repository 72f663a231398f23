"""DCAT: what the Satu Data fields mean in the words of harvesters (profile `lumbung_dcat`, after euro_dcat_ap_3)."""

from __future__ import annotations

from typing import Any

from ckanext.dcat.profiles import RDFProfile
from ckanext.dcat.profiles.base import DCAT, DCT, SPDX, VCARD
from ckanext.dcat.utils import resource_uri
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import RDF, RDFS, XSD, Namespace

ADMS = Namespace("http://www.w3.org/ns/adms#")
FREQUENCY = Namespace("http://publications.europa.eu/resource/authority/frequency/")
FREQUENCIES = {
    "harian": "DAILY",
    "mingguan": "WEEKLY",
    "bulanan": "MONTHLY",
    "triwulanan": "QUARTERLY",
    "semesteran": "ANNUAL_2",
    "tahunan": "ANNUAL",
    "tidak-tetap": "IRREG",
}
MAILBOX = "mailto:"


class LumbungProfile(RDFProfile):
    """Adds period, frequency, contact, provenance, version and checksums to a dataset's graph."""

    def graph_from_dataset(self, dataset_dict: dict[str, Any], dataset_ref: Any) -> None:
        """Add the triples of one dataset and its distributions."""
        graph = self.g
        self._period(dataset_dict, dataset_ref)
        if dataset_dict.get("frekuensi") in FREQUENCIES:
            graph.remove((dataset_ref, DCT.accrualPeriodicity, None))
            graph.add((dataset_ref, DCT.accrualPeriodicity, FREQUENCY[FREQUENCIES[dataset_dict["frekuensi"]]]))
        if dataset_dict.get("kontak_email"):
            graph.remove((dataset_ref, DCAT.contactPoint, None))
            contact = BNode()
            graph.add((dataset_ref, DCAT.contactPoint, contact))
            graph.add((contact, RDF.type, VCARD.Organization))
            graph.add((contact, VCARD.fn, Literal(dataset_dict.get("kontak_nama") or dataset_dict["kontak_email"])))
            graph.add((contact, VCARD.hasEmail, URIRef(MAILBOX + dataset_dict["kontak_email"])))
        if dataset_dict.get("sumber_keterangan"):
            statement = BNode()
            graph.add((dataset_ref, DCT.provenance, statement))
            graph.add((statement, RDF.type, DCT.ProvenanceStatement))
            graph.add((statement, RDFS.label, Literal(dataset_dict["sumber_keterangan"], lang="id")))
        if dataset_dict.get("versi"):
            graph.set((dataset_ref, DCAT.version, Literal(dataset_dict["versi"])))
        if dataset_dict.get("data_per"):
            graph.add((dataset_ref, DCT.valid, Literal(dataset_dict["data_per"], datatype=XSD.dateTime)))
        if dataset_dict.get("catatan_pengungkapan"):
            graph.add((dataset_ref, ADMS.versionNotes, Literal(dataset_dict["catatan_pengungkapan"], lang="id")))
        for resource in dataset_dict.get("resources", []):
            self._distribution(resource, dataset_dict.get("license_url"))

    def _period(self, dataset: dict[str, Any], reference: Any) -> None:
        start, end = dataset.get("periode_mulai"), dataset.get("periode_selesai")
        if not start and not end:
            return
        period = BNode()
        self.g.add((reference, DCT.temporal, period))
        self.g.add((period, RDF.type, DCT.PeriodOfTime))
        for predicate, value in ((DCAT.startDate, start), (DCAT.endDate, end)):
            if value:
                self.g.add((period, predicate, Literal(str(value), datatype=XSD.date)))

    def _distribution(self, resource: dict[str, Any], license_url: str | None) -> None:
        """Licence, address and checksum of a file that a refresh has put in place."""
        if not resource.get("sha256"):
            return
        distribution = URIRef(resource_uri(resource))
        self.g.add((distribution, RDF.type, DCAT.Distribution))
        self.g.set((distribution, DCAT.downloadURL, URIRef(resource["url"])))
        if license_url:
            self.g.set((distribution, DCT.license, URIRef(license_url)))
        for known in list(self.g.objects(distribution, SPDX.checksum)):
            self.g.remove((distribution, SPDX.checksum, known))
            self.g.remove((known, None, None))
        checksum = BNode()
        self.g.add((distribution, SPDX.checksum, checksum))
        self.g.add((checksum, RDF.type, SPDX.Checksum))
        self.g.add((checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256))
        self.g.add((checksum, SPDX.checksumValue, Literal(resource["sha256"], datatype=XSD.hexBinary)))
